#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make one include path per folder of src/LAYERS: links to what it may include, and nothing else."""
import os
import pathlib
import sys

src, views = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
for line in (src / 'LAYERS').read_text().splitlines():
    if not line or line.startswith(('#', '<')):
        continue
    name, allowed = (part.strip() for part in line.split(':'))
    view = views / name
    view.mkdir(parents=True, exist_ok=True)
    wanted = {name, *allowed.split()}
    for link in view.iterdir():
        if link.name not in wanted:
            link.unlink()
    for folder in wanted:
        link = view / folder
        if not link.is_symlink():
            os.symlink(src / folder, link)

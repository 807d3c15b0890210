/* SPDX-License-Identifier: Apache-2.0 */
/* Made by tests/interop/prov_peer.py (python3-cryptography): a key for tests, and what it was sent
 * in each form. */
#pragma once

static const char e1_key[] = "-----BEGIN PRIVATE KEY-----\n"
			     "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDqi/rMNN1KfhpU\n"
			     "C6hoWrM7jOe/x69anAuaoLRRMGp9pKH/Hyz1U85K2dNVQAGUtk8h3urYVbbF7PbL\n"
			     "MOtj7gC7SmA2RqnyBpqr69QR6yKS1+m3hCyYhwWRLfn6aup1GA+GmgV6Ix4NiPS8\n"
			     "WKFKpEnO5vvudh/YtCQtmQ9yvAIQIU4UzntHg89cBnqZjf6ikillZKaH813y9zHY\n"
			     "7yNsadYmfXLK3/5N9lqlK4Kg6bZbytnnTKYe5H2WxPawatk5JxmWjBKcMme50vhe\n"
			     "3riLwVHaMFF6i7uiiiaH0SN1EmQIEEGogR26cSw3XoguyZyRngvzJn1+l/tTWryF\n"
			     "CEgfrgL1AgMBAAECggEAIYSGfycw1oPl1EvkMaGAioqM1cG+A+dX2y2LBy0xkqnz\n"
			     "woccgCSNTvII+t5OO4fAEDmQewDowSknbYscoGezMBClZiw7/gvGj7oAUN020CBN\n"
			     "1H1teBCXkZMt7YTY44ngMh6RmM4q7ck8HCxYRFfs+kXVC9NSor+/icqdRAqtCsvJ\n"
			     "mJhul/2ZIegFYsU0qrm5jGRycG+F//v1/gqhsaT+kTqAkavppU6yWjpJuB7HGcuc\n"
			     "lnUn/udoOgiQ9bErPsTqGz01jtPXXgU00mCO5TtX1tA76kQcG4EJmQapG91dfULM\n"
			     "74wHzeNBflMg7RQtozvqGQDlnmOujqyxc8ToVe+lkQKBgQD3JG79FuRPNWkwACDO\n"
			     "pPBZhEMwObBcU+rjMN+3EeGCtAWpl0dVjg7KkvVzkOxZAbv8vQP7gGhdLR+zVGss\n"
			     "cJy7dS5siIivhLnPnIG89JlUNf9fbG5CpesTe+WYmlPNU4Rd1p6/NP4eBIkQkJfH\n"
			     "TyOvAE/HTeVRsmc2pW7t8WONSQKBgQDy8/r6szit05GEFtWGQogDusDd+Xi4We8n\n"
			     "4fN3qZsO0XBzw2OmMBbOTMVt1U2LQgL9hvRQW/8me4ckDfEigCCdS703GSjxKY+o\n"
			     "cw5LGSNljHaE1zafqWzfPwc9+dMJ7glO64nZ167oRRqBy1kiSlJPJaBJHketZ5/O\n"
			     "1/MBkSxkTQKBgQCj/LrgmLX5kPkw7oTWWT9aRpbGgyDwwoYTJjTrpqO6NHWlaEnf\n"
			     "DRnndMgFXN5W2P3B4DGqSjP1z6E/Pv62SCrXgBPD1HzN6gXZKoIzvSGYbRP8X1hy\n"
			     "ROHM1eMs9QoyLf6gvW4sdZ9Aj8XbBfaQO4Tz9AL7vkYxhW1TJ0aKACgMcQKBgQCH\n"
			     "pZ9YwB4CN6EEffdD2fu1EV1D0lkLnPMBco+MHT88u8UsbUhC7pCdKJIGq9R6zyV6\n"
			     "RhI8l9DSvJ+Mitg6ag1LpZEEpWCNnaXe6DZvyZ5QwWce7kZKSL9HuhoiCU1COwwp\n"
			     "ayrxXRIEDykolM+0bIieNiTTDjv43mWEiF/eXR7K9QKBgHy3Bdq9hKbM6PGuCm4z\n"
			     "mrirenhBctPIE7phGdON+p9/4pWs8HoBmOwGmMrRWgfWw9jOhqcdpcfUVb9mCsvf\n"
			     "lU6MIGdnazAg2Wn4lUFKM9Jq2uirdCzcTvEPrzEtEQypE1dOLkBQcMBo178H25gN\n"
			     "QEJTTDWLf1DvYqf6NzR8QrSd\n"
			     "-----END PRIVATE KEY-----\n";

static const struct {
	struct vs_envelope_form form;
	const char *text;
} e1_made[] = {
    {{VS_ENVELOPE_SHA256, 32, 12},
     "{\"session_key\": \"P5r0GOhHqsW0BZAzMxU8gtLcYkBUnBAYXpb4Q4dog2BQ9ywbEaVj5ZDr"
     "lXhEIPhTUdqwwutXcbcstR94xfZ21cvvlL6sGFqj0uRfPFiOVq4N7EFSMfKcRQENFvixQQi0ykCu"
     "AHqU+pXiYBlsxDwzXQ4z8oi969hR3FFTWx1zfAFHArXa+nMGhvV3ViH40DhXyTHeg/++pxCNf9n5"
     "+Tu+cCA/NEXpDj+jgGg9ZnHf2+UVUkfX6M8SzX6k8kPuNTXFJCnKALJ+/TvagdJW7ZnFXq2dozQt"
     "zwDpB+j9d43Pbn4dab5LFTSqFcVr76RwvFwj7dzUfQPfE/CvN0oyK+J96A==\", \"ciphertext"
     "\": \"JAqfHw+17Mi94Gx6zU6U7OpPiR3AnP4Kk4WW5E52ru6ffLtJAj8eD7YEUvNipWD5dZhuXA"
     "8=\", \"nonce\": \"zFYA2tLwIZaxiufu\", \"tag\": \"0vfVnUigxfYa0PM2SlBDGA==\""
     "}"},
    {{VS_ENVELOPE_SHA256, 16, 16},
     "{\"session_key\": \"Mh33hV/rhCOiuQmBiTNIFzMwR5m4X5fv2g1dCO7zxGcbp4rRgN6R0RDJ"
     "Q7h6t6AqwzfMVx4UUeozMm/3FtAkvS43PTkOIbCj213uZsNeGf78w2xbJeX31aDqgF34LFlb/2/G"
     "9x5DnjIogTwI7rJ+kl8TbqPgJEVavB9tpBxZJ7+NPAIU3uDXY1sYRlcZ4lOfBOaQ2PlM1d8Pm+cR"
     "CRCMzY2l9FnGK4Eejs35IZn/4Ly/aWefMptnjMQ116SgvFS4bdlxDs9c2KplZYTSSdziOucBoF9J"
     "rKwsfJMcCLgHMQNaDoqqACQbdDceOe5S2dpHvMJsKfuv5+NfuLomMSnz2A==\", \"ciphertext"
     "\": \"H10QqAQqv/kurpyVMue1b9lz/ExuftAB36sEklRHuBGFrmOYWVmnSP0N1EaI3D70LC5UmB"
     "Y=\", \"nonce\": \"tsv6awCsQMVPnNINt8nHtQ==\", \"tag\": \"KxOiGaMgZGldtrSTnD"
     "iopg==\"}"},
    {{VS_ENVELOPE_SHA1, 16, 12},
     "{\"session_key\": \"qhb5lkTrOcN7ZcDfCVRNBQDRRgq7mXvzwGSJjlxLpdS0TgK+MwVGsXZz"
     "IzrgXNY3XWlBxgCVVtNuNWFZHd5a5+X9SkQj2KLbNs2x66vE59+6xEGSMobRk2kEEZyxpjtF+tEF"
     "EJutgECw92hNDATjaEbdtUtDgfgmNs9yz+QKwBgVso1vZ3cv/h2Dys2kDMZ02rna7blfwdVzkFpT"
     "LsYQh00+EeIkPrmxP6TykpM0lEzo4lkw2PH5s+XXp13p/FXW2G4E9KQW1vmeaj+R48v3pCSobj8m"
     "JsKXrFLnvqHxEpp/5WtY2S2nZRqDRFYrCbNorAl68w7Ibk3VgaAAiawvYw==\", \"ciphertext"
     "\": \"oYjxjA0s/BTOX0e4wXHn+hnar60tabw/JU1OiHSLh0q1ouc5r+Ljg9i7XSAEMpLRkdGuLH"
     "4=\", \"nonce\": \"aMIHrrmAXeCeGYb/\", \"tag\": \"EYE5ejZuNmYyuw13Li/ZPA==\""
     "}"},
    {{VS_ENVELOPE_SHA1, 32, 16},
     "{\"session_key\": \"GZ6qQkDDczxYkzppffth8733S2B00tFT/cl5JCmFcgqNFXfWZ7H+0tBp"
     "+k5QIs98Za6pizx7FfQv4fXSbN8wiUUZ/jbBLMi/keqbSnnjWVIIYo9j+3jtF67i31D/GIokJGaE"
     "HU7TVqbsLJbEb47bzmUNgSTSUbYYK2nFyKz7qq6T7sU/LVFEpMfEICC6agZ1PcvEIq73RPpzZoNr"
     "lijW9qbrx2WZUNsGiytuWu8EDLQphK2pXIEAgXyQbNn9Io4zLymJYbTZNIjZJZqTWLLUyriGW7F6"
     "uunAo6DPcpZEra3CV87QIERFSbdRHBEW++nACfSsG+aoGe4kT1wEvkNqww==\", \"ciphertext"
     "\": \"+luqLX0UM2LGNgq+kEcLk4uZeVFBCMqEF7kswPDbN2ofx5N+vYD9N07hbHivFE/Fcpczo3"
     "8=\", \"nonce\": \"plXwydcajcleLDMeo7hNhQ==\", \"tag\": \"CQJ4/vGGHFziPkZLqz"
     "jCyA==\"}"},
};

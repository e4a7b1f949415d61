"""The tables of licences: by phrases of their texts, and by the words with which notices name them.

A row of TEXTS: the SPDX id, the phrase with which its section opens, further phrases that it has, and phrases that would
make it another licence; among rows with one opening the first that fits counts. A row of NOTICES: the expression and a
pattern over words. Phrases and names are those of https://spdx.org/licenses; notices are the ones that the licences'
own appendices ask for ("how to apply"), and the short forms that files use.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Text(NamedTuple):
    """A licence by its wording."""

    license: str
    opening: str
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


GRANT = "permission is hereby granted free of charge to any person"  # MIT and its kin; "or organization" in BSL-1.0
SHALL_INCLUDE = (
    "the above copyright notice and this permission notice shall be included in all copies or substantial portions"
)
BINARY_FORMS = "redistribution and use in source and binary forms"
ENDORSE = "to endorse or promote products derived from this software"
ADVERTISE = (
    "advertising materials mentioning features or use of this software must display the following acknowledgement"
)
TO_USE = "permission to use copy modify and"
GRANTS = (GRANT, BINARY_FORMS, TO_USE)  # openings of families whose rows differ in what follows
APPEAR = "copyright notice and this permission notice appear in all copies"
IN_DOCUMENTATION = "appear in supporting documentation"

TEXTS = [
    Text("LicenseRef-Commons-Clause", "commons clause license condition"),
    Text("JSON", GRANT, ("the software shall be used for good not evil",)),
    Text("NCSA", GRANT,
         ("redistributions of source code must retain the above copyright notice", "contributors may be used to endorse")),
    Text("X11", GRANT, (SHALL_INCLUDE, "except as contained in this notice the name of the x consortium")),
    Text("BSL-1.0", GRANT, ("derivative works are solely in the form of machine executable object code",)),
    Text("Unicode-3.0", GRANT,
         ("data files", "this copyright and permission notice appear with all copies of the data files")),
    Text("ICU", GRANT,
         ("that the above copyright notice s and this permission notice appear in all copies of the software",)),
    Text("MIT", GRANT, (SHALL_INCLUDE,)),
    Text("MIT-0", GRANT, ("to use copy modify merge publish distribute sublicense and or sell",), (SHALL_INCLUDE,)),
    Text("BSD-2-Clause-Patent", BINARY_FORMS,
         ("each copyright holder and contributor hereby grants to those receiving rights under this license",)),
    Text("BSD-3-Clause-Clear", BINARY_FORMS,
         ("no express or implied licenses to any party s patent rights are granted",)),
    Text("Apache-1.1", BINARY_FORMS,
         ("products derived from this software may not be called", "software developed by the apache software foundation")),
    Text("OpenSSL", BINARY_FORMS, ("software developed by the openssl project", ADVERTISE)),
    Text("BSD-4-Clause-UC", BINARY_FORMS, (ADVERTISE, "university of california berkeley and its contributors")),
    Text("BSD-4-Clause", BINARY_FORMS, (ADVERTISE,)),
    Text("BSD-3-Clause", BINARY_FORMS,
         (ENDORSE, "redistributions in binary form must reproduce the above copyright notice")),
    Text("BSD-2-Clause", BINARY_FORMS,
         ("redistributions in binary form must reproduce the above copyright notice",), (ENDORSE,)),
    Text("BSD-1-Clause", BINARY_FORMS,
         ("redistributions of source code must retain the above copyright notice",), (ENDORSE,)),
    Text("PostgreSQL", TO_USE,
         ("distribute this software and its documentation for any purpose without fee and without a written agreement",)),
    Text("curl", TO_USE, (APPEAR, "the name of a copyright holder shall not be used in advertising")),
    Text("NTP", TO_USE, ("makes no representations about the suitability this software for any purpose",)),
    Text("HPND", TO_USE, (IN_DOCUMENTATION,)),
    Text("ISC", TO_USE, ("distribute this software for any purpose with or without fee is hereby granted", APPEAR)),
    Text("ISC", TO_USE,
         ("or distribute this software for any purpose with or without fee is hereby granted provided that the above",)),
    Text("0BSD", TO_USE,
         ("or distribute this software for any purpose with or without fee is hereby granted",), (APPEAR,)),
    Text("Apache-2.0", "apache license version 2 0 january 2004",
         ("terms and conditions for use reproduction and distribution",)),
    Text("Apache-1.0", "this product includes software developed by the apache group"),
    Text("MPL-2.0", "mozilla public license version 2 0", ("incompatible with secondary licenses",)),
    Text("MPL-1.1", "mozilla public license version 1 1", ("commercial use means",)),
    Text("AGPL-3.0-only", "gnu affero general public license version 3 19 november 2007"),
    Text("GPL-3.0-only", "gnu general public license version 3 29 june 2007"),
    Text("GPL-2.0-only", "gnu general public license version 2 june 1991"),
    Text("GPL-1.0-only", "gnu general public license version 1 february 1989"),
    Text("LGPL-3.0-only", "gnu lesser general public license version 3 29 june 2007"),
    Text("LGPL-2.1-only", "gnu lesser general public license version 2 1 february 1999"),
    Text("LGPL-2.0-only", "gnu library general public license version 2 june 1991"),
    Text("GFDL-1.3-only", "gnu free documentation license version 1 3 3 november 2008"),
    Text("GFDL-1.2-only", "gnu free documentation license version 1 2 november 2002"),
    Text("GFDL-1.1-only", "gnu free documentation license version 1 1 march 2000"),
    Text("Unlicense", "free and unencumbered software released into the public domain"),
    Text("CC0-1.0", "cc0 1 0 universal", ("waive",)),
    Text("CC0-1.0", "creative commons public domain dedication"),
    Text("CC-BY-NC-SA-4.0", "attribution noncommercial sharealike 4 0 international"),
    Text("CC-BY-NC-4.0", "attribution noncommercial 4 0 international"),
    Text("CC-BY-ND-4.0", "attribution noderivatives 4 0 international"),
    Text("CC-BY-SA-4.0", "attribution sharealike 4 0 international"),
    Text("CC-BY-4.0", "attribution 4 0 international"),
    Text("Zlib", "in no event will the authors be held liable",
         ("altered source versions must be plainly marked as such",)),
    Text("Python-2.0", "psf license agreement", ("beopen python open source license agreement version 1",)),
    Text("PSF-2.0", "psf license agreement"),
    Text("PSF-2.0", "python software foundation license version 2"),
    Text("Artistic-2.0", "the artistic license 2 0"),
    Text("Artistic-1.0-Perl", "the artistic license", ("the standard version",), ("artistic license 2 0",)),
    Text("WTFPL", "do what the fuck you want to public license"),
    Text("UPL-1.0", "universal permissive license upl version 1 0"),
    Text("MS-PL", "microsoft public license ms pl"), Text("MS-RL", "microsoft reciprocal license ms rl"),
    Text("EPL-2.0", "eclipse public license v 2 0"), Text("EPL-1.0", "eclipse public license v 1 0"),
    Text("CDDL-1.1", "common development and distribution license cddl version 1 1"),
    Text("CDDL-1.0", "common development and distribution license cddl version 1 0"),
    Text("CPL-1.0", "common public license version 1 0"), Text("ECL-2.0", "educational community license version 2 0"),
    Text("AFL-3.0", "academic free license version 3 0"), Text("AFL-3.0", "academic free license afl v 3 0"),
    Text("OSL-3.0", "open software license v 3 0"), Text("OSL-3.0", "open software license version 3 0"),
    Text("EUPL-1.2", "european union public licence v 1 2"), Text("EUPL-1.2", "european union public license v 1 2"),
    Text("EUPL-1.1", "european union public license v 1 1"),
    Text("CECILL-2.1", "cecill free software license agreement version 2 1"),
    Text("OFL-1.1", "sil open font license version 1 1"), Text("BlueOak-1.0.0", "blue oak model license"),
    Text("MulanPSL-2.0", "mulan permissive software license version 2"), Text("LPPL-1.3c", "lppl version 1 3c"),
    Text("SSPL-1.0", "server side public license version 1"), Text("BUSL-1.1", "business source license 1 1"),
    Text("Elastic-2.0", "elastic license 2 0"), Text("Vim", "vim license"),
    Text("Ruby", "you can redistribute it and or modify it under either the terms of the 2 clause bsdl"),
    Text("CNRI-Python", "cnri license agreement for python"), Text("ZPL-2.1", "zope public license zpl version 2 1"),
]  # fmt: skip

UNDER = (
    r" (?:under|licen[cs]e[sd]?|licensing|subject to)(?: \w+){0,6}? "  # "licensed under the terms of the", "@license"
)
PUBLISHED = r"(?:as published by the free software foundation )?(?:either |at |in )?"
VERSION = r"(?:license )?(?:gpl |lgpl |agpl )?" + PUBLISHED + r"(?:version |v )?"
LATER = r"(?: \w+){0,9}? (?:any later|or later|or above|or newer) "
GPL = r" (?:gnu )?general public " + VERSION
LGPL = r" (?:gnu )?(?:lesser|library)(?: gnu)? general public " + VERSION
AGPL = r" (?:gnu )?affero general public " + VERSION


def _notices() -> list[tuple[str, re.Pattern[str]]]:
    rows = [
        ("Apache-2.0 OR MIT", UNDER + r"apache(?: \w+){0,12}? or (?:the )?mit "),
        ("Apache-2.0 OR MIT", UNDER + r"mit(?: \w+){0,12}? or (?:the )?apache "),
        ("BSD-3-Clause OR GPL-2.0-only", r" under both the bsd style license(?: \w+){0,12}? and the gplv2 "),
        ("Artistic-1.0-Perl OR GPL-1.0-or-later", r" under the same terms as perl(?: 5)?(?: itself| programming)? "),
        (r"GPL-\1.0-or-later WITH Bison-exception-2.2", GPL + r"([23])" + LATER + r"(?:\w+ ){0,250}?bison parser skeleton "),
        (r"GPL-\1.0-or-later WITH GCC-exception-3.1", GPL + r"([3])" + LATER + r"(?:\w+ ){0,120}?gcc runtime library exception "),
        (r"GPL-\1.0-only WITH Classpath-exception-2.0", GPL + r"([2])(?: \w+){0,60}? classpath exception "),
        *((f"AGPL-3.0-{end}", AGPL + "3" + tail) for end, tail in (("or-later", LATER), ("only", r"(?: 0)? "))),
        *((f"LGPL-{version}-{end}", LGPL + words + tail)
          for version, words in (("2.1", "2 1"), ("3.0", "3(?: 0)?"), ("2.0", "2(?: 0)?"))
          for end, tail in (("or-later", LATER), ("only", " "))),
        *((rf"GPL-\1.0-{end}", GPL + "([123])(?: 0)?" + tail) for end, tail in (("or-later", LATER), ("only", " "))),
        (r"GPL-\1.0-or-later", UNDER + r"gpl ?v?([23])(?: 0)?(?: (?:or later|or any later|and later)| \+)"),
        (r"GPL-\1.0-only", UNDER + r"gpl ?(?:version )?v?([23])(?: 0)? "),
        ("LicenseRef-Public-Domain", r" (?:placed|released|put|dedicated|donated)(?: \w+){0,4}? (?:in|into|to) the public domain "),
        ("LicenseRef-Public-Domain", r" (?:file|code|program|software|work) is(?: hereby)? (?:in )?(?:the )?public domain "),
    ]  # fmt: skip
    named = [
        ("Apache-2.0 WITH LLVM-exception", r"apache license(?: version)? v?2 0 with llvm exceptions? "),
        ("Apache-2.0", r"apache(?: software)?(?: license)?(?: version)? v?2(?: 0)? "),
        ("BSD-3-Clause", r"(?:bsd 3 clause|3 clause bsd|new bsd|modified bsd|revised bsd) "),
        ("BSD-2-Clause", r"(?:bsd 2 clause|2 clause bsd|simplified bsd) "),
        ("MPL-2.0", r"(?:mozilla public license|mpl)(?: version)? v? ?2 0 "),
        ("MPL-1.1", r"(?:mozilla public license|mpl)(?: version)? v? ?1 1 "),
        ("EPL-2.0", r"eclipse public license(?: version)? v? ?2 0 "),
        ("EPL-1.0", r"eclipse public license(?: version)? v? ?1 0 "),
        ("CDDL-1.0", r"(?:common development and distribution license|cddl)(?: version)? v? ?1 0 "),
        ("BSL-1.0", r"boost software license(?: version)? v? ?1 0 "), ("CC0-1.0", r"(?:creative commons )?cc ?0 "),
        ("CC-BY-SA-4.0", r"(?:creative commons attribution share ?alike|cc by sa) 4 0 "),
        ("CC-BY-4.0", r"(?:creative commons attribution|cc by) 4 0 "),
        ("Unlicense", r"(?:the )?unlicense "), ("Zlib", r"zlib(?: libpng)? license "), ("ISC", r"isc(?: license)? "),
        ("Artistic-2.0", r"artistic license 2 0 "), ("WTFPL", r"wtfpl "),
        ("MIT", r"(?:mit|expat)(?: x11| style| open source| software)*(?: license)? "),
    ]  # fmt: skip
    rows += [(license, UNDER + name) for license, name in named]
    rows += [
        ("MIT", r"^ (?:the )?mit license "),
        ("Apache-2.0", r"^ apache license 2 0 "),
        ("ISC", r"^ (?:the )?isc license "),
    ]
    rows += [("BSD-3-Clause", r"^ bsd 3 clause license "), ("BSD-2-Clause", r"^ bsd 2 clause license ")]
    return [(license, re.compile(pattern)) for license, pattern in rows]


NOTICES = _notices()

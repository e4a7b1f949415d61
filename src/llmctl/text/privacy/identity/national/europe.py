"""National numbers of Europe: how they are written, checked and announced."""

from __future__ import annotations

from llmctl.text.privacy.checkdigits import ean, is_day, is_varied, luhn, mod_11_10, weighted
from llmctl.text.privacy.identity.national.numbering import Number

ES_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
FI_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
IE_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
IT_MONTHS = "ABCDEHLMPRST"
IT_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
    25, 24, 23,
), strict=True))  # fmt: skip
IT_DIGITS = str.maketrans("LMNPQRSTUV", "0123456789")  # letters where two people would have the same code
NO_FIRST, NO_SECOND = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
BALTIC_FIRST, BALTIC_SECOND = (1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)
JMBG = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
RO_COUNTIES = {*range(1, 49), 51, 52, 70}
RO_WEIGHTS = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)


def gb_nino(number: str) -> bool:
    """HMRC NIM39110: letters that are not used, prefixes that are not given."""
    first, second = number[0], number[1]
    if first in "DFIQUV" or second in "DFIOQUV" or number[:2] in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
        return False
    return number[8] in "ABCD"


def gb_nhs(number: str) -> bool:
    """NHS Data Model and Dictionary: weights 10 to 2, modulus 11."""
    return is_varied(number) and -weighted(number, range(10, 1, -1)) % 11 == int(number[9])


def ie_pps(number: str) -> bool:
    """Weights 8 to 2, the second letter nine times, modulus 23."""
    total = weighted(number, range(8, 1, -1)) + (9 * (ord(number[8]) - 64) if number[8:] not in ("", "W") else 0)
    return IE_LETTERS[total % 23] == number[7]


def es_dni(number: str) -> bool:
    """Real Decreto 1553/2005: modulus 23 gives the letter; X, Y, Z of foreigners stand for 0, 1, 2."""
    if not number[0].isdigit():
        if number[0] not in "XYZ":
            return False
        number = f"{'XYZ'.index(number[0])}{number[1:]}"
    return is_varied(number[:-1]) and ES_LETTERS[int(number[:-1]) % 23] == number[-1]


def pt_nif(number: str) -> bool:
    """Autoridade Tributaria: weights 9 to 2, modulus 11; persons' begin with 1, 2, 3 or 45."""
    check = weighted(number, range(9, 1, -1)) % 11
    return is_varied(number) and number[0] != "0" and int(number[8]) == (0 if check < 2 else 11 - check)


def it_fiscal(number: str) -> bool:
    """Decreto 23-12-1976: birth date (women's days have 40 added), odd and even places, modulus 26."""
    digits = "".join(number[i].translate(IT_DIGITS) for i in (6, 7, 9, 10, 12, 13, 14))
    if not digits.isdigit() or number[8] not in IT_MONTHS:
        return False
    day = int(digits[2:4])
    if not is_day(IT_MONTHS.index(number[8]) + 1, day - 40 if day > 40 else day):
        return False
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in number[1:15:2])
    return (sum(IT_ODD[char] for char in number[0:15:2]) + even) % 26 == ord(number[15]) - 65


def fr_nir(number: str) -> bool:
    """INSEE: sex, year, month (or 20 and more), place, serial, 97 less the rest by 97; Corsica's 2A is 19, 2B is 18."""
    if number[0] not in "12378" or not (1 <= int(number[3:5]) <= 12 or int(number[3:5]) >= 20):
        return False
    whole = number.replace("2A", "19", 1) if number[5:7] == "2A" else number.replace("2B", "18", 1)
    return whole.isdigit() and 97 - int(whole[:13]) % 97 == int(whole[13:])


def de_tax(number: str) -> bool:
    """Steueridentifikationsnummerverordnung: of ten digits one occurs twice or three times; MOD 11,10."""
    counts = sorted(map(number[:10].count, set(number[:10])))
    return number[0] != "0" and (counts[-1], len(counts)) in ((2, 9), (3, 8)) and mod_11_10(number)


def at_insurance(number: str) -> bool:
    """Dachverband: weights 3, 7, 9, 5, 8, 4, 2, 1, 6 around the check digit, modulus 11; birth date."""
    weights = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
    return number[0] != "0" and is_day(number[6:8], number[4:6]) and weighted(number, weights) % 11 == int(number[3])


def ch_ahv(number: str) -> bool:
    """756 (ISO 3166) and the check digit of EAN-13."""
    return number[:3] == "756" and ean(number)


def nl_bsn(number: str) -> bool:
    """Weights 9 to 2 and -1, modulus 11."""
    return is_varied(number) and weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def be_register(number: str) -> bool:
    """Birth date (months of guests have 20 or 40 added), serial, 97 less the rest; from 2000 on with a 2 before."""
    month = int(number[2:4])
    if month % 20 > 12 or not 1 <= int(number[4:6]) <= 31:
        return False
    return int(number[9:]) in (97 - int(number[:9]) % 97, 97 - int(f"2{number[:9]}") % 97)


def _begins_with_day(number: str) -> bool:
    return is_day(number[2:4], number[:2])


def se_identity(number: str) -> bool:
    """Folkbokforingslagen 18: birth date (60 added to days of co-ordination numbers), Luhn."""
    day = int(number[-6:-4])
    return is_day(number[-8:-6], day - 60 if day > 60 else day) and luhn(number[-10:])


def fi_identity(number: str) -> bool:
    """Decree 128/2010: birth date, century, serial, modulus 31."""
    digits = number[:6] + number[-4:-1]
    return digits.isdigit() and _begins_with_day(number) and FI_LETTERS[int(digits) % 31] == number[-1]


def no_identity(number: str) -> bool:
    """Skatteetaten: birth date (days of D numbers have 40 added), two check digits, modulus 11."""
    day = int(number[:2])
    if not is_day(number[2:4], day - 40 if day > 40 else day):
        return False
    return weighted(number, NO_FIRST) % 11 == 0 and weighted(number, NO_SECOND) % 11 == 0


def dk_cpr(number: str) -> bool:
    """CPR-kontoret: birth date and four more, since 2007 without a check."""
    return _begins_with_day(number)


def is_kennitala(number: str) -> bool:
    """Registers Iceland: birth date (firms' have 40 added), weights 3, 2, 7 to 2, modulus 11; century 9 or 0."""
    day = int(number[:2])
    if not is_day(number[2:4], day - 40 if day > 40 else day) or number[9] not in "90":
        return False
    return weighted(number, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def baltic_identity(number: str) -> bool:
    """EVS 585, and Lithuania's alike: sex and century, birth date, two sets of weights, modulus 11."""
    if number[0] not in "123456" or not is_day(number[3:5], number[5:7]):
        return False
    check = weighted(number, BALTIC_FIRST) % 11
    return int(number[10]) == (weighted(number, BALTIC_SECOND) % 11 % 10 if check == 10 else check)


def lv_identity(number: str) -> bool:
    """Birth date and weights, modulus 11; since 2017 begins with 32 and has no date."""
    if number[:2] == "32":
        return True
    return _begins_with_day(number) and (1 + weighted(number, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))) % 11 == int(number[10])


def pl_pesel(number: str) -> bool:
    """Ustawa o ewidencji ludnosci: birth date (20, 40, 60, 80 added to months by century), weights, modulus 10."""
    month = int(number[2:4]) % 20
    return is_day(month, number[4:6]) and weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def cz_birth(number: str) -> bool:
    """Zakon 133/2000: birth date (women's months have 50 added, 20 more since 2004), modulus 11."""
    month = int(number[2:4]) % 50
    return is_day(month - 20 if month > 20 else month, number[4:6]) and int(number[:9]) % 11 % 10 == int(number[9])


def hu_tax(number: str) -> bool:
    """1990. evi XCIII: begins with 8, places as weights, modulus 11."""
    return number[0] == "8" and weighted(number, range(1, 10)) % 11 == int(number[9])


def hu_taj(number: str) -> bool:
    """1996. evi XX: weights 3 and 7, modulus 10."""
    return is_varied(number) and weighted(number, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == int(number[8])


def ro_cnp(number: str) -> bool:
    """Legea 105/1996: sex and century, birth date, county, serial, weights, modulus 11."""
    if number[0] == "0" or not is_day(number[3:5], number[5:7]) or int(number[7:9]) not in RO_COUNTIES:
        return False
    check = weighted(number, RO_WEIGHTS) % 11
    return int(number[12]) == (1 if check == 10 else check)


def bg_egn(number: str) -> bool:
    """GRAO: birth date (20 or 40 added to months by century), weights, modulus 11."""
    month = int(number[2:4])
    return (
        month < 53
        and is_day(month % 20, number[4:6])
        and weighted(number, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(number[9])
    )


def jmbg(number: str) -> bool:
    """Birth date, region, serial, weights 7 to 2 twice, modulus 11: the numbers of what was Yugoslavia."""
    return _begins_with_day(number) and -weighted(number, JMBG) % 11 % 10 == int(number[12])


def gr_amka(number: str) -> bool:
    """IDIKA: birth date, Luhn."""
    return _begins_with_day(number) and luhn(number)


def gr_afm(number: str) -> bool:
    """AADE: weights 256 to 2, modulus 11."""
    return is_varied(number) and weighted(number, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(number[8])


def ru_snils(number: str) -> bool:
    """PFR: weights 9 to 1, modulus 101."""
    return is_varied(number) and weighted(number, range(9, 0, -1)) % 101 % 100 == int(number[9:])


def ru_inn(number: str) -> bool:
    """FNS: two check digits, modulus 11."""
    first = weighted(number, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    second = weighted(number, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    return number[10:] == f"{first}{second}" and is_varied(number)


def ua_tax(number: str) -> bool:
    """DPS: weights -1, 5, 7, 9, 4, 6, 10, 5, 7, modulus 11."""
    return is_varied(number) and weighted(number, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == int(number[9])


NUMBERS = (
    Number("GB", "national insurance number", ("A2 2 2 2 A1",), ("A26A1", "A2 6 A1", "A2-2-2-2-A1"), gb_nino,
           ("national insurance", "ni number", "nino", "NI", "NINO", "ni no"), "HMRC, NIM39110"),
    Number("GB", "NHS number", (), ("3 3 4", "3-3-4", "10"), gb_nhs,
           ("nhs", "nhs number", "patient number"), "NHS Data Model and Dictionary"),
    Number("IE", "PPS number", (), ("7A1", "7A2"), ie_pps,
           ("pps", "ppsn", "PPS", "personal public service"), "Social Welfare Consolidation Act 2005"),
    Number("ES", "DNI, NIF", ("2.3.3-A1",), ("8A1", "8 A1", "8-A1", "2.3.3A1"), es_dni,
           ("dni", "nif", "D.N.I", "N.I.F", "identidad", "identificaci\u00f3n fiscal", "documento"),
           "Real Decreto 1553/2005"),
    Number("ES", "NIE", ("A1-7-A1",), ("A17A1", "A17-A1"), es_dni,
           ("NIE", "nie", "N.I.E", "extranjero", "identidad", "nif", "dni"), "Real Decreto 557/2011"),
    Number("PT", "NIF", (), ("9", "3 3 3"), pt_nif,
           ("NIF", "nif", "contribuinte", "n\u00famero fiscal", "identifica\u00e7\u00e3o fiscal"),
           "Decreto-Lei 14/2013"),
    Number("IT", "codice fiscale", ("A6X2A1X2A1X3A1",), (), it_fiscal, (), "Decreto MEF 23-12-1976"),
    Number("FR", "NIR", ("1 2 2 X2 3 3 2", "1 2 2 X2 3 3-2"), ("5X28", "5X26 2", "15"), fr_nir,
           ("s\u00e9curit\u00e9 sociale", "securite sociale", "num\u00e9ro de s\u00e9cu", "NIR", "insee", "nss",
            "assur\u00e9 social"), "Code de la s\u00e9curit\u00e9 sociale R115-1"),
    Number("DE", "tax identification number", (), ("2 3 3 3", "11"), de_tax,
           ("steuer-id", "steueridentifikationsnummer", "steuer-identifikationsnummer", "idnr",
            "steuerliche identifikationsnummer", "tax id", "TIN"), "Abgabenordnung 139b"),
    Number("AT", "insurance number", (), ("4 6", "10"), at_insurance,
           ("svnr", "sozialversicherungsnummer", "sv-nummer", "versicherungsnummer"), "ASVG 31"),
    Number("CH", "AHV number", ("3.4.4.2",), ("13", "3 4 4 2"), ch_ahv,
           ("ahv", "avs", "ahv-nummer", "ahv-nr", "num\u00e9ro avs"), "AHVV 133"),
    Number("NL", "BSN", (), ("9", "4.2.3", "4 2 3"), nl_bsn,
           ("bsn", "burgerservicenummer", "sofinummer", "sofi-nummer"), "Wet algemene bepalingen burgerservicenummer"),
    Number("BE", "national register number", ("2.2.2-3.2",), ("11", "6-3-2", "6 3 2"), be_register,
           ("rijksregisternummer", "registre national", "num\u00e9ro national", "insz", "niss", "national register",
            "national number"), "Wet van 8 augustus 1983"),
    Number("SE", "personnummer", (), ("6-4", "8-4", "6+4", "10", "12"), se_identity,
           ("personnummer", "personnr", "samordningsnummer", "swedish personal"), "Folkbokf\u00f6ringslagen 18"),
    Number("FI", "henkil\u00f6tunnus", ("6-3X1", "6A13X1"), (), fi_identity, (), "Decree 128/2010"),
    Number("NO", "f\u00f8dselsnummer", (), ("11", "6 5"), no_identity,
           ("f\u00f8dselsnummer", "fodselsnummer", "personnummer", "f\u00f8dselsnr", "d-nummer", "fnr"),
           "Folkeregisterforskriften 2-2"),
    Number("DK", "CPR", (), ("6-4", "10"), dk_cpr,
           ("cpr", "cpr-nummer", "cpr-nr", "personnummer", "cpr nr"), "CPR-loven 3"),
    Number("IS", "kennitala", (), ("6-4", "10"), is_kennitala,
           ("kennitala", "kt"), "L\u00f6g um \u00fej\u00f3\u00f0skr\u00e1ningu 140/2019"),
    Number("EE", "isikukood, asmens kodas", (), ("11",), baltic_identity,
           ("isikukood", "asmens kodas", "asmens kodo", "personal code"), "EVS 585:2007"),
    Number("LV", "personas kods", (), ("6-5", "11"), lv_identity,
           ("personas kods", "personas koda", "p.k", "personal code"), "Iedz\u012bvot\u0101ju re\u0123istra likums"),
    Number("PL", "PESEL", (), ("11",), pl_pesel, ("pesel",), "Ustawa o ewidencji ludno\u015bci"),
    Number("CZ", "rodn\u00e9 \u010d\u00edslo", (), ("6/4", "10"), cz_birth,
           ("nar", "narozen", "narozena", "r\u010d", "rodn\u00e9 \u010d\u00edslo", "rodne cislo", "r.\u010d",
            "R\u010c", "rodn\u00e9ho \u010d\u00edsla"), "Z\u00e1kon 133/2000 Sb. 13"),
    Number("HU", "tax identification", (), ("10",), hu_tax,
           ("ad\u00f3azonos\u00edt\u00f3", "ad\u00f3azonos\u00edt\u00f3 jel"), "1990. \u00e9vi XCIII"),
    Number("HU", "TAJ", (), ("3 3 3", "3-3-3", "9"), hu_taj,
           ("taj", "taj-sz\u00e1m", "taj sz\u00e1m", "t\u00e1rsadalombiztos\u00edt\u00e1si"), "1996. \u00e9vi XX"),
    Number("RO", "CNP", (), ("13",), ro_cnp, ("cnp", "cod numeric personal"), "Legea 105/1996"),
    Number("BG", "EGN", (), ("10",), bg_egn,
           ("\u0435\u0433\u043d", "EGN",
            "\u0435\u0434\u0438\u043d\u0435\u043d "
            "\u0433\u0440\u0430\u0436\u0434\u0430\u043d\u0441\u043a\u0438 \u043d\u043e\u043c\u0435\u0440"),
           "Law on Civil Registration"),
    Number("HR", "OIB", (), ("11",), mod_11_10, ("oib", "osobni identifikacijski broj"), "Zakon o OIB-u"),
    Number("RS", "JMBG, EM\u0160O", (), ("13",), jmbg,
           ("jmbg", "em\u0161o", "emso", "\u043c\u0430\u0442\u0438\u0447\u043d\u0438 \u0431\u0440\u043e\u0458",
            "\u0458\u043c\u0431\u0433", "mati\u010dni broj"), "Zakon o jedinstvenom mati\u010dnom broju"),
    Number("GR", "AMKA", (), ("11",), gr_amka, ("\u03b1\u03bc\u03ba\u03b1", "amka"), "Law 3655/2008"),
    Number("GR", "AFM", (), ("9",), gr_afm, ("\u03b1\u03c6\u03bc", "afm", "\u0391.\u03a6.\u039c"), "AADE"),
    Number("RU", "SNILS", ("3-3-3 2", "3-3-3-2"), ("11",), ru_snils,
           ("\u0441\u043d\u0438\u043b\u0441", "snils",
            "\u0441\u0442\u0440\u0430\u0445\u043e\u0432\u043e\u0439 \u043d\u043e\u043c\u0435\u0440"),
           "Law 27-FZ of 1996"),
    Number("RU", "INN of a person", (), ("12",), ru_inn,
           ("\u0438\u043d\u043d", "INN",
            "\u0438\u0434\u0435\u043d\u0442\u0438\u0444\u0438\u043a\u0430\u0446\u0438\u043e\u043d\u043d\u044b\u0439 "
            "\u043d\u043e\u043c\u0435\u0440"),
           "FNS, order MMV-7-6/435"),
    Number("UA", "taxpayer", (), ("10",), ua_tax,
           ("\u0440\u043d\u043e\u043a\u043f\u043f", "\u0456\u043f\u043d",
            "\u0456\u0434\u0435\u043d\u0442\u0438\u0444\u0456\u043a\u0430\u0446\u0456\u0439\u043d\u0438\u0439 "
            "\u043d\u043e\u043c\u0435\u0440",
            "\u0456\u0434\u0435\u043d\u0442\u0438\u0444\u0456\u043a\u0430\u0446\u0456\u0439\u043d\u0438\u0439 "
            "\u043a\u043e\u0434",
            "\u0438\u043f\u043d"), "Tax Code of Ukraine 70"),
)  # fmt: skip

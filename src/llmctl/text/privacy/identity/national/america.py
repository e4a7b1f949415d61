"""National numbers of the Americas: how they are written, checked and announced."""

from __future__ import annotations

from llmctl.text.privacy.checkdigits import is_day, is_varied, luhn, weighted
from llmctl.text.privacy.identity.national.numbering import Number

MX_STATES = {
    "AS", "BC", "BS", "CC", "CH", "CL", "CM", "CS", "DF", "DG", "GR", "GT", "HG", "JC", "MC", "MN", "MS", "NE", "NL",
    "NT", "OC", "PL", "QR", "QT", "SL", "SP", "SR", "TC", "TL", "TS", "VZ", "YN", "ZS",
}  # fmt: skip
MX_CURP = "0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ"
MX_RFC = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ \u00d1"


def us_ssn(number: str) -> bool:
    """SSA: no area 000 or 666 (9xx are the tax office's), no group 00, no serial 0000; nor the specimens it names."""
    area, group, serial = number[:3], number[3:5], number[5:]
    if area in ("000", "666") or group == "00" or serial == "0000" or number in ("078051120", "219099999"):
        return False
    return is_varied(number) and number != "123456789" and (area < "900" or us_itin(number))


def us_itin(number: str) -> bool:
    """IRS: groups 50 to 65, 70 to 88, 90 to 92, 94 to 99."""
    return number[0] == "9" and int(number[3:5]) in {*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)}


def ca_sin(number: str) -> bool:
    """Service Canada: Luhn; none begins with 0 or 8."""
    return number[0] not in "08" and is_varied(number) and luhn(number)


def br_cpf(number: str) -> bool:
    """Receita Federal: two check digits, weights 10 to 2 and 11 to 2."""
    first = weighted(number, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(number, range(11, 1, -1)) * 10 % 11 % 10
    return len(set(number)) > 1 and number[9:] == f"{first}{second}"


def br_cnpj(number: str) -> bool:
    """Receita Federal: two check digits, weights 2 to 9 from the right."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    first, second = (weighted(number[:n], weights[13 - n :]) * 10 % 11 % 10 for n in (12, 13))
    return len(set(number)) > 1 and number[12:] == f"{first}{second}"


def mx_curp(number: str) -> bool:
    """RENAPO: letters of the name, birth date, sex, state, consonants, and a check digit."""
    if not is_day(number[6:8], number[8:10]) or number[10] not in "HMX" or number[11:13] not in MX_STATES:
        return False
    return -sum(MX_CURP.index(char) * (18 - i) for i, char in enumerate(number[:17])) % 10 == int(number[17])


def mx_rfc(number: str) -> bool:
    """SAT: letters of the name, birth date, and three of which the last checks the rest."""
    padded = number.rjust(13)
    if not is_day(padded[6:8], padded[8:10]) or padded[12] not in "0123456789A":
        return False
    return "0123456789A"[-sum(MX_RFC.index(char) * (13 - i) for i, char in enumerate(padded[:12])) % 11] == padded[12]


def ar_cuit(number: str) -> bool:
    """AFIP: kinds 20, 23 to 27 are persons', 30, 33, 34 firms'; modulus 11."""
    if number[:2] not in ("20", "23", "24", "25", "26", "27", "30", "33", "34"):
        return False
    return "012345678990"[11 - weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11] == number[10]


def cl_rut(number: str) -> bool:
    """Registro Civil: weights 2 to 7 from the right, modulus 11, K for ten."""
    body = number[:-1]
    if not body.isdigit() or not is_varied(body):
        return False
    check = -sum(int(digit) * (2 + i % 6) for i, digit in enumerate(reversed(body))) % 11
    return "0123456789K"[check] == number[-1]


def uy_ci(number: str) -> bool:
    """DNIC: weights 2, 9, 8, 7, 6, 3, 4, modulus 10."""
    return is_varied(number) and -weighted(number, (2, 9, 8, 7, 6, 3, 4)) % 10 == int(number[7])


def ec_cedula(number: str) -> bool:
    """Registro Civil: province 01 to 24 or 30, Luhn."""
    return (1 <= int(number[:2]) <= 24 or number[:2] == "30") and number[2] < "6" and luhn(number)


def co_nit(number: str) -> bool:
    """DIAN: weights of primes from the right, modulus 11."""
    check = (
        sum(int(d) * w for d, w in zip(reversed(number[:-1]), (3, 7, 13, 17, 19, 23, 29, 37, 41, 43), strict=False))
        % 11
    )
    return is_varied(number) and (check if check < 2 else 11 - check) == int(number[-1])


NUMBERS = (
    Number("US", "social security number, ITIN", ("3-2-4",), ("3 2 4", "9"), us_ssn,
           ("social security", "ssn", "itin", "SS#", "taxpayer identification"), "SSA POMS RM 10201.030; IRS"),
    Number("CA", "social insurance number", (), ("3-3-3", "3 3 3", "9"), ca_sin,
           ("SIN", "social insurance", "assurance sociale", "NAS"), "Service Canada"),
    Number("BR", "CPF", ("3.3.3-2",), ("9-2", "11"), br_cpf,
           ("cpf", "cadastro de pessoas f\u00edsicas", "contribuinte"), "Receita Federal, IN RFB 1548/2015"),
    Number("BR", "CNPJ", ("2.3.3/4-2",), ("14",), br_cnpj, ("cnpj",), "Receita Federal, IN RFB 2119/2022"),
    Number("MX", "CURP", ("A46A6X11",), (), mx_curp, (), "RENAPO, DOF 23-10-1996"),
    Number("MX", "RFC", (), ("A46X3", "A4 6 X3", "A4-6-X3", "A36X3", "A3 6 X3", "A3-6-X3"), mx_rfc,
           ("RFC", "contribuyente", "contribuyentes"), "SAT, CFF art. 27"),
    Number("AR", "CUIT, CUIL", ("2-8-1",), ("11",), ar_cuit, ("cuit", "cuil"), "AFIP, RG 10/97"),
    Number("AR", "DNI", (), ("2.3.3", "8"), is_varied,
           ("DNI", "D.N.I", "documento nacional de identidad", "documento de identidad"), "RENAPER, Ley 17.671"),
    Number("CL", "RUT, RUN", ("2.3.3-K1",), ("8-K1", "7-K1", "1.3.3-K1"), cl_rut,
           ("rut", "RUN", "R.U.T", "rol \u00fanico tributario", "c\u00e9dula de identidad"),
           "Registro Civil e Identificaci\u00f3n"),
    Number("UY", "c\u00e9dula de identidad", (), ("1.3.3-1", "7-1", "8"), uy_ci,
           ("c\u00e9dula", "cedula", "C.I", "documento de identidad"), "DNIC"),
    Number("EC", "c\u00e9dula de identidad", (), ("10", "9-1"), ec_cedula,
           ("c\u00e9dula", "cedula", "C.I"), "Registro Civil"),
    Number("CO", "NIT", (), ("9-1", "3.3.3-1", "8-1"), co_nit, ("NIT",), "DIAN, Orden Administrativa 4 de 1989"),
    Number("CO", "c\u00e9dula de ciudadan\u00eda", (), ("10", "1.3.3.3", "2.3.3", "8"), is_varied,
           ("c\u00e9dula de ciudadan\u00eda", "cedula de ciudadania", "C.C"), "Registradur\u00eda Nacional"),
    Number("DO", "c\u00e9dula", (), ("3-7-1", "11"), luhn, ("c\u00e9dula", "cedula"), "Junta Central Electoral"),
    Number("PE", "DNI", (), ("8",), is_varied, ("DNI", "D.N.I", "documento nacional de identidad"), "RENIEC"),
)  # fmt: skip

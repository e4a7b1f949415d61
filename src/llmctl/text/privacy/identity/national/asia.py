"""National numbers of Asia: how they are written, checked and announced."""

from __future__ import annotations

from llmctl.text.privacy.checkdigits import is_day, is_varied, luhn, mod_11_2, verhoeff, weighted
from llmctl.text.privacy.identity.national.numbering import Number

CN_PROVINCES = {  # GB/T 2260
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82, 83,
}  # fmt: skip
TW_AREAS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # in the order of their values, from 10 on


def cn_resident(number: str) -> bool:
    """GB 11643-1999: place, birth date, serial, MOD 11-2."""
    if not (
        int(number[:2]) in CN_PROVINCES and "1850" <= number[6:10] < "2100" and is_day(number[10:12], number[12:14])
    ):
        return False
    return number[:17].isdigit() and number[17] in "0123456789X" and mod_11_2(number)


def cn_resident_old(number: str) -> bool:
    """GB 11643-1989: place, birth date with two figures of the year, serial; no check digit."""
    return int(number[:2]) in CN_PROVINCES and is_day(number[8:10], number[10:12])


def in_aadhaar(number: str) -> bool:
    """UIDAI: begins with 2 to 9, Verhoeff, reads not the same backwards."""
    return number[0] >= "2" and number != number[::-1] and verhoeff(number)


def kr_resident(number: str) -> bool:
    """Birth date, sex and century; with the check digit that numbers given before October 2020 have."""
    return kr_resident_new(number) and (11 - weighted(number, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(
        number[12]
    )


def kr_resident_new(number: str) -> bool:
    """Birth date, sex and century."""
    return is_day(number[2:4], number[4:6]) and number[6] in "12345678"


def jp_my_number(number: str) -> bool:
    """Ordinance 85 of 2014 of the Ministry of Internal Affairs, article 5."""
    check = weighted(number, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return is_varied(number) and int(number[11]) == (0 if check < 2 else 11 - check)


def tw_identity(number: str) -> bool:
    """A letter as two digits, weights 1, 9, 8 to 1, 1, modulus 10; second 1 or 2, for foreigners 8 or 9."""
    area = TW_AREAS.index(number[0]) + 10
    return (
        number[1] in "1289"
        and (weighted(f"{area}{number[1:9]}", (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)) + int(number[9])) % 10 == 0
    )


def hk_identity(number: str) -> bool:
    """One or two letters as 10 to 35, a space before one as 36, weights 9 to 2, modulus 11, A for ten."""
    body = number[:-1].rjust(8)
    values = [36 if char == " " else int(char, 36) for char in body]
    check = -sum(value * (9 - i) for i, value in enumerate(values)) % 11
    return "0123456789A"[check] == number[-1]


def sg_identity(number: str) -> bool:
    """S and T are citizens', F, G and M foreigners'; weights 2, 7 to 2, modulus 11."""
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
    if number[0] not in letters:
        return False
    shift = {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    check = (weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + shift) % 11
    return letters[number[0]][check] == number[8]


def my_kad(number: str) -> bool:
    """Jabatan Pendaftaran Negara: birth date and a place of birth that is in use."""
    return is_day(number[2:4], number[4:6]) and int(number[6:8]) not in {
        0,
        17,
        18,
        19,
        20,
        69,
        70,
        73,
        80,
        81,
        94,
        95,
        96,
        97,
    }


def th_identity(number: str) -> bool:
    """Weights 13 to 2, modulus 11."""
    return number[0] in "12345678" and (11 - weighted(number, range(13, 1, -1)) % 11) % 10 == int(number[12])


def id_nik(number: str) -> bool:
    """Province, birth date (women's days have 40 added), serial."""
    day = int(number[6:8])
    return "11" <= number[:2] <= "96" and is_day(number[8:10], day - 40 if day > 40 else day) and number[12:] != "0000"


def pk_cnic(number: str) -> bool:
    """NADRA: begins with a province, 1 to 7; no check digit."""
    return number[0] in "1234567" and is_varied(number)


def il_identity(number: str) -> bool:
    """Luhn over nine digits."""
    return is_varied(number) and luhn(number.zfill(9))


def tr_identity(number: str) -> bool:
    """Nufus Idaresi: tenth from the odd and even places, eleventh from the sum of ten."""
    odd, even = sum(map(int, number[0:9:2])), sum(map(int, number[1:8:2]))
    return (
        number[0] != "0"
        and int(number[9]) == (odd * 7 - even) % 10
        and int(number[10]) == sum(map(int, number[:10])) % 10
    )


def ir_identity(number: str) -> bool:
    """Weights 10 to 2, modulus 11."""
    check = weighted(number, range(10, 1, -1)) % 11
    return is_varied(number) and int(number[9]) == (check if check < 2 else 11 - check)


def ae_identity(number: str) -> bool:
    """784 (ISO 3166), year of birth, serial, Luhn."""
    return number[:3] == "784" and "1900" <= number[3:7] < "2100" and luhn(number)


def sa_identity(number: str) -> bool:
    """1 for citizens, 2 for residents; Luhn."""
    return number[0] in "12" and is_varied(number) and luhn(number)


def kz_iin(number: str) -> bool:
    """Birth date, century and sex 0 to 6, two sets of weights, modulus 11."""
    if not is_day(number[2:4], number[4:6]) or number[6] > "6":
        return False
    check = weighted(number, range(1, 12)) % 11
    if check == 10:
        check = weighted(number, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return check == int(number[11])


def in_pan(number: str) -> bool:
    """The fourth letter says who holds it, P a person; no check that is public."""
    return number[3] in "ABCFGHJLPTK" and number[5:9] != "0000"


NUMBERS = (
    Number("CN", "resident identity number", ("17K1", "6 8 3K1", "6-8-3K1"), (), cn_resident, (), "GB 11643-1999"),
    Number("CN", "resident identity number, before 1999", (), ("15",), cn_resident_old,
           ("\u8eab\u4efd\u8bc1", "\u8eab\u4efd\u8b49", "\u8eab\u4efd\u53f7\u7801", "\u516c\u6c11\u8eab\u4efd"),
           "GB 11643-1989"),
    Number("KR", "resident registration number", ("6-7",), ("13",), kr_resident,
           ("\uc8fc\ubbfc\ub4f1\ub85d\ubc88\ud638", "\uc8fc\ubbfc\ubc88\ud638", "resident registration", "RRN"),
           "Resident Registration Act, rule 2"),
    Number("KR", "resident registration number, from October 2020", (), ("6-7",), kr_resident_new,
           ("\uc8fc\ubbfc\ub4f1\ub85d\ubc88\ud638", "\uc8fc\ubbfc\ubc88\ud638", "resident registration", "RRN",
            "\uc678\uad6d\uc778\ub4f1\ub85d\ubc88\ud638"), "Resident Registration Act"),
    Number("JP", "My Number", (), ("4 4 4", "4-4-4", "12"), jp_my_number,
           ("\u30de\u30a4\u30ca\u30f3\u30d0\u30fc", "\u500b\u4eba\u756a\u53f7", "my number", "individual number"),
           "Ordinance 85 of 2014, article 5"),
    Number("TW", "identity card, residents", (), ("A19",), tw_identity,
           ("\u8eab\u5206\u8b49", "\u8eab\u4efd\u8b49", "\u8eab\u5206\u8bc1", "\u7d71\u4e00\u7de8\u865f",
            "\u5c45\u7559\u8b49", "national id", "identity card", "id number", "id card", "ID"),
           "Ministry of the Interior"),
    Number("HK", "identity card", ("A16(X1)", "A26(X1)"), ("A16X1",), hk_identity,
           ("HKID", "identity card", "\u8eab\u4efd\u8b49", "\u8eab\u4efd\u8bc1"),
           "Registration of Persons Ordinance, cap. 177A"),
    Number("SG", "NRIC, FIN", (), ("A17A1",), sg_identity,
           ("nric", "FIN", "identity card", "identification number", "id number", "national id", "IC"),
           "National Registration Act"),
    Number("MY", "MyKad", ("6-2-4",), ("12", "6 2 4"), my_kad,
           ("nric", "mykad", "kad pengenalan", "IC", "ic no", "ic number", "identity card"),
           "National Registration Regulations"),
    Number("TH", "citizen", ("1-4-5-2-1", "1 4 5 2 1"), ("13",), th_identity,
           ("\u0e1a\u0e31\u0e15\u0e23\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19",
            "\u0e40\u0e25\u0e02\u0e1b\u0e23\u0e30\u0e08\u0e33\u0e15\u0e31\u0e27\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19",
            "thai id", "citizen id", "national id", "id card"), "Department of Provincial Administration"),
    Number("ID", "NIK", (), ("16",), id_nik, ("NIK", "KTP", "nomor induk kependudukan"), "Undang-Undang 24/2013"),
    Number("PK", "CNIC", (), ("5-7-1", "13"), pk_cnic,
           ("cnic", "nicop", "identity card", "NIC"), "NADRA Ordinance 2000"),
    Number("IN", "Aadhaar", (), ("4 4 4", "4-4-4", "12"), in_aadhaar,
           ("aadhaar", "aadhar", "adhaar", "uidai", "\u0906\u0927\u093e\u0930"), "UIDAI, Aadhaar Act 2016"),
    Number("IN", "permanent account number", (), ("A54A1",), in_pan,
           ("PAN", "permanent account", "pan card", "pan number", "income tax"), "Income-tax Rules 114"),
    Number("IL", "identity number", (), ("9", "8-1"), il_identity,
           ("\u05ea\u05e2\u05d5\u05d3\u05ea \u05d6\u05d4\u05d5\u05ea", "\u05ea.\u05d6", "teudat zehut", "israeli id"),
           "Population Registry Law"),
    Number("TR", "T.C. kimlik", (), ("11",), tr_identity,
           ("tc kimlik", "t.c. kimlik", "kimlik", "TCKN", "T.C", "turkish id"), "N\u00fcfus Hizmetleri Kanunu 5490"),
    Number("IR", "national code", (), ("10", "3-6-1"), ir_identity,
           ("\u06a9\u062f \u0645\u0644\u06cc", "\u06a9\u062f\u0645\u0644\u06cc", "national code", "melli"),
           "Civil Registration"),
    Number("AE", "Emirates ID", ("3-4-7-1",), ("15", "3 4 7 1"), ae_identity, ("emirates id", "EID"), "ICP"),
    Number("SA", "national identity, iqama", (), ("10",), sa_identity,
           ("iqama", "\u0631\u0642\u0645 \u0627\u0644\u0647\u0648\u064a\u0629",
            "\u0627\u0644\u0647\u0648\u064a\u0629 \u0627\u0644\u0648\u0637\u0646\u064a\u0629",
            "\u0627\u0644\u0625\u0642\u0627\u0645\u0629", "saudi id"), "Ministry of Interior"),
    Number("KZ", "IIN", (), ("12",), kz_iin,
           ("\u0418\u0418\u041d", "\u0416\u0421\u041d", "IIN"), "Law 223-III of 2007"),
)  # fmt: skip

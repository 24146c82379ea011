"""Word lists for invented people of a north-western commune: Thai, Hmong and Kinh names, villages, occupations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NameStock:
    """Names of one people. Family names are weighted; middle names go with the sex."""

    ethnicity: str
    families: tuple[tuple[str, int], ...]
    male_middles: tuple[str, ...]
    female_middles: tuple[str, ...]
    male_given: tuple[str, ...]
    female_given: tuple[str, ...]


THAI = NameStock(
    "Thái",
    (
        *(("Lò", 30), ("Quàng", 13), ("Tòng", 11), ("Lường", 9), ("Cầm", 7), ("Vì", 8), ("Cà", 8), ("Hoàng", 5)),
        *(("Hà", 4), ("Bạc", 3), ("Lèo", 4), ("Điêu", 2), ("Mè", 2), ("Ngần", 1)),
    ),
    ("Văn", "Văn", "Văn", "Văn", "Văn", "Văn", "Văn", "Minh", "Đức", "Xuân"),
    ("Thị", "Thị", "Thị", "Thị", "Thị", "Thị", "Thị", "Thị", "Thị Thu", "Thị Ngọc"),
    (
        *("Pâng", "Ín", "Ước", "Inh", "Hặc", "Pản", "Pọm", "Chựa", "Xôm", "Xuân", "Tiêng", "Bó", "Ún", "Hoan", "Chung"),
        *("Thiên", "Dũng", "Hùng", "Tuấn", "Thành", "Quyết", "Thắng", "Cường", "Định", "Đôi", "Biên", "Sơn", "Tâm"),
        *("Phong", "Nam", "Duy", "Khánh", "Tỉnh", "Diện", "Kiên", "Long", "Thoan", "Pánh", "Yêu", "Sương", "Ánh"),
    ),
    (
        *("Hoa", "Ín", "Pánh", "Xoan", "Ún", "Lả", "Bó", "Piên", "Ọi", "Dọn", "Phương", "Thoa", "Hương", "Xuân", "Hặc"),
        *("Lan", "Nga", "Thảo", "Vân", "Dung", "Hiền", "Ánh", "Minh", "Diên", "Thủy", "Tươi", "Loan", "Yến", "Chinh"),
        *("Nhung", "Phượng", "Ngoan", "Lún", "Ơn", "Ngọc", "Trang", "Linh", "Duyên", "Quyên", "Bình", "Tiện", "Hà"),
    ),
)
HMONG = NameStock(
    "Mông",
    (
        *(("Giàng", 18), ("Sùng", 14), ("Thào", 12), ("Vàng", 12), ("Mùa", 9), ("Hờ", 6), ("Lầu", 6), ("Tráng", 5)),
        *(("Sồng", 6), ("Vừ", 5), ("Lý", 4), ("Chá", 2), ("Phàng", 3)),
    ),
    ("A", "A", "A", "A", "A", "A", "A", "Bả", "Nhìa", "Láo"),
    ("Thị", "Thị", "Thị", "Thị", "Thị"),
    (
        *("Páo", "Dơ", "Chứ", "Tủa", "Nênh", "Sính", "Của", "Lử", "Chu", "Dế", "Khua", "Sùng", "Nủ", "Sếnh", "Vừ"),
        *("Tếnh", "Dia", "Pó", "Thái", "Cho", "Say", "Giống", "Làng", "Màng", "Súa", "Phử", "Nhà", "Lềnh", "Chống"),
    ),
    (
        *("Mỷ", "Dợ", "Sua", "Pàng", "Chi", "Mái", "Ly", "Xua", "Súa", "Dua", "Dính", "Sông", "Mao", "Nhia", "Ca"),
        *("Pa", "Tồng", "Dở", "Và", "Xây", "Chía", "Lia", "Dê", "Gầu", "Mo", "Dí", "Vang", "Cở", "Pà", "Sai"),
    ),
)
KINH = NameStock(
    "Kinh",
    (
        *(("Nguyễn", 38), ("Trần", 12), ("Lê", 10), ("Phạm", 7), ("Hoàng", 5), ("Phan", 4), ("Vũ", 5), ("Đặng", 3)),
        *(("Bùi", 4), ("Đỗ", 3), ("Ngô", 2), ("Dương", 2), ("Đinh", 2), ("Đào", 1), ("Trịnh", 1), ("Tạ", 1)),
    ),
    ("Văn", "Văn", "Văn", "Đức", "Minh", "Quang", "Hữu", "Xuân", "Quốc", "Đình", "Mạnh", "Ngọc", "Anh"),
    ("Thị", "Thị", "Thị", "Thị Thu", "Thị Ngọc", "Ngọc", "Thanh", "Thùy", "Thị Thanh", "Thị Hồng", "Minh", "Thị Kim"),
    (
        *(
            "Anh",
            "Bình",
            "Cường",
            "Dũng",
            "Đạt",
            "Đức",
            "Giang",
            "Hải",
            "Hiếu",
            "Hoàng",
            "Hùng",
            "Huy",
            "Khánh",
            "Khoa",
        ),
        *("Kiên", "Long", "Mạnh", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Quang", "Sơn", "Tâm", "Thắng"),
        *("Thành", "Tiến", "Toàn", "Trung", "Tú", "Tuấn", "Tùng", "Việt", "Vinh", "Vượng", "Ân", "Ước", "Ý"),
    ),
    (
        *("Anh", "Ánh", "Bích", "Chi", "Dung", "Duyên", "Giang", "Hà", "Hằng", "Hạnh", "Hiền", "Hoa", "Hòa", "Hồng"),
        *("Huệ", "Hương", "Lan", "Linh", "Loan", "Ly", "Mai", "My", "Nga", "Ngân", "Ngọc", "Nhung", "Oanh", "Phương"),
        *("Quỳnh", "Tâm", "Thảo", "Thu", "Thủy", "Thúy", "Trang", "Trâm", "Tuyết", "Uyên", "Vân", "Xuân", "Yến"),
    ),
)
#: Share of each people in the commune.
PEOPLES = ((THAI, 58), (HMONG, 27), (KINH, 15))

VILLAGES = (
    *("Bản Nà Khi", "Bản Mường Lạn", "Bản Phiêng Pen", "Bản Cang Cói", "Bản Nà Ản", "Bản Pá Kạch", "Bản Huổi Lè"),
    *("Bản Nong Phụ", "Bản Cống", "Bản Nà Vạc", "Bản Pu Hao", "Bản Co Muông", "Bản Huổi Men", "Bản Nậm Lạn"),
    *("Bản Phiêng Ban", "Bản Khá", "Bản Co Hạ", "Bản Huổi Pá"),
)
OCCUPATIONS = (
    *(("Làm ruộng", 62), ("Lao động tự do", 12), ("Công nhân", 7), ("Buôn bán", 6), ("Giáo viên", 3), ("Thợ xây", 3)),
    *(("Lái xe", 2), ("Cán bộ xã", 2), ("Bộ đội biên phòng", 1), ("Công an xã", 1), ("Nhân viên y tế", 1)),
)
#: Stated priority group by occupation (codes of the list of 3355/QĐ-BYT).
GROUP_BY_OCCUPATION = {
    **{"Nhân viên y tế": "1", "Bộ đội biên phòng": "3", "Công an xã": "4", "Lái xe": "7", "Giáo viên": "8"},
    **{"Cán bộ xã": "8", "Công nhân": "13", "Buôn bán": "13", "Lao động tự do": "15", "Thợ xây": "15"},
}
EMPLOYERS = {
    **{"Giáo viên": "Trường Tiểu học xã", "Cán bộ xã": "Ủy ban nhân dân xã", "Nhân viên y tế": "Trạm y tế xã"},
    **{"Công an xã": "Công an xã", "Bộ đội biên phòng": "Đồn Biên phòng", "Công nhân": "Nhà máy may"},
}

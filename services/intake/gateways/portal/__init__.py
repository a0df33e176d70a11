"""The national public service portal: its messages as it sends them, and nowhere else its words.

Law: TT 03/2025/TT-VPCP art. 13.3 (numbers that the portal gives); NĐ 118/2025 art. 16 (online submission).
"""

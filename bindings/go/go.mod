module libptg.org/ptg

go 1.25

module actionclip/classify

go 1.19

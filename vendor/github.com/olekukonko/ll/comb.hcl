recursive = true
output_file = "all.txt"
extensions = [".go"]
exclude_dirs = ["_examples", "_lab", "_tmp", "pkg", "lab","bin","dist","assets","oppor"]
exclude_files = [""]
use_gitignore = true
detailed = true
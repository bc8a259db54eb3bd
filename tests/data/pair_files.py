"""Files of sentence pairs as GLUE lays them out, made up."""

import numpy as np

HEADER = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"


def line(first, second, score, index=0):
    return f"{index}\tmain\tfile\t2012\t0001\tnone\tnone\t{first}\t{second}\t{score}\n"


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((HEADER + "".join(lines)).encode())
    return path


def made_up(count, seed=0):
    random = np.random.default_rng(seed)
    words = ["dog", "cat", "runs", "sleeps", "here", "there"]
    return [
        line(" ".join(random.choice(words, 4)), " ".join(random.choice(words, 3)), score, index)
        for index, score in enumerate(random.uniform(0, 5, count).round(3))
    ]

"""Says where this command went."""

import sys

if __name__ == "__main__":
    sys.exit("error: this is now `ferflow predict --cropped --model MODEL --out OUT FACES`")

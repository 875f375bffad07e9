"""Trains a small SentencePiece vocabulary of the BPE kind and writes it with the ids that it makes.

usage: python3 sentencepiece_oracle.py CASES.json TOKENIZER_GOLDEN.json TEXT...   (needs sentencepiece; the checked-in results
are those of 0.2.2, trained on README.md, docs/for-serving-apps.md and CHANGELOG.md as they were then)

The settings are those of Llama's and MiniCPM's vocabularies: no normalisation, bytes for what has no piece, digits apart.
"""

import io
import json
import sys

import sentencepiece

EDGES = ["", "a", " a", "  a", "a  b", "\n", "a\nb ", "   ", "中文字", "日本語 text", "🙂🙃", "é e\u0301", "ab" * 30]
EDGES += ["    indented\n\tcode();", "1234567890", "a\u2581b"]


def kind(processor, piece):
    if processor.is_unknown(piece):
        return 2
    return 3 if processor.is_control(piece) else 6 if processor.is_byte(piece) else 1


def main(path, golden, *texts):
    with open(golden, encoding="utf-8") as file:
        strings = [case["text"] for case in json.load(file)["encode"]]
    lines = [line for name in texts for line in open(name, encoding="utf-8").read().split("\n") if line.strip()]
    lines += [line for text in strings if "\0" not in text for line in text.split("\n") if line.strip()]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=900, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True, split_digits=True,
        allow_whitespace_only_pieces=True, character_coverage=0.9995, num_threads=1, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = range(processor.get_piece_size())
    # Names of control tokens in a text are the caller's business there.
    cases = [text for text in EDGES + strings if not any(name in text for name in ("<s>", "</s>", "<unk>"))]
    content = {
        "tokens": [processor.id_to_piece(piece) for piece in pieces],
        "types": [kind(processor, piece) for piece in pieces],
        "scores": [processor.get_score(piece) for piece in pieces],
        "cases": [
            {"text": text, "ids": processor.encode(text), "decoded": processor.decode(processor.encode(text))}
            for text in cases
        ],
    }
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


main(*sys.argv[1:])

package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.models.ReasoningSplitter.Parts;
import org.mla4j.models.tokenizer.ReasoningTags;

class ReasoningSplitterTest {
  private static final ReasoningTags TAGS = new ReasoningTags("<think>", "</think>");

  /** However the text is cut into pieces, of every length. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "false;Hello.;;Hello.",
        "false;<think>hm</think>Hello.;hm;Hello.",
        "false;~<think>~~hm, ~so~~</think>~~Hello. ~;hm, ~so;Hello. ~",
        "false; ~ Hello.;; ~ Hello.",
        "false;<thin> not;;<thin> not",
        "false;<think></think>a;;a",
        "false;<think>~ ~</think>~a;;a",
        "false;<think>a < b </thin </ b</think>c;a < b </thin </ b;c",
        "false;<think>a <think> b</think>c;a <think> b;c",
        "false;a<think>b</think>c;;a<think>b</think>c",
        "false;<think>a</think>b</think>c<think>d;a;b</think>c<think>d",
        "false;<think>cut off </th;cut off </th;",
        "false;<think>cut off ~;cut off;",
        "false;<think>a</think>~ ;a;",
        "false;<thi;;<thi",
        "false;;;",
        "false; ~;; ~",
        "true;~hm~</think>~~Hello.;hm;Hello.",
        "true;</think>Hello.;;Hello.",
        "true;only this;only this;",
        "true;<think>a</think>b;<think>a;b",
      })
  void keepsReasoningApart(boolean isOpen, String text, String reasoning, String answer) {
    String whole = lines(text);
    for (int length = 1; length <= Math.max(1, whole.length()); length++) {
      ReasoningSplitter splitter = new ReasoningSplitter(TAGS, isOpen);
      StringBuilder thought = new StringBuilder();
      StringBuilder said = new StringBuilder();
      for (int at = 0; at < whole.length(); at += length) {
        Parts parts = splitter.append(whole.substring(at, Math.min(whole.length(), at + length)));
        thought.append(parts.reasoning());
        said.append(parts.answer());
      }
      Parts rest = splitter.finish();
      assertEquals(lines(reasoning), thought.append(rest.reasoning()).toString());
      assertEquals(lines(answer), said.append(rest.answer()).toString());
    }
  }

  private static String lines(String text) {
    return text == null ? "" : text.replace('~', '\n');
  }

  @Test
  void holdsBackNoMoreThanItMust() {
    ReasoningSplitter splitter = new ReasoningSplitter(TAGS, false);
    assertEquals(new Parts("", ""), splitter.append("\n<thi"));
    assertEquals(new Parts("so", ""), splitter.append("nk>\nso "));
    assertEquals(new Parts(" a", ""), splitter.append("a<"));
    assertEquals(new Parts("<b", ""), splitter.append("b</"));
    assertEquals(new Parts("", "x"), splitter.append("think> x"));
    assertEquals(new Parts("", " <think>"), splitter.append(" <think>"));
    assertEquals(new Parts("", ""), splitter.finish());
  }
}

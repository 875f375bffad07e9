package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.models.ChatAnswer;

class AnswerTest {
  @Test
  void jsonIsOneLineWithTimesInMilliseconds() {
    GenerationResult result =
        new GenerationResult(
            "<think>hm\n.</think>a \"b\"\n｜",
            List.of(7, 8),
            FinishReason.STOP_STRING,
            5,
            Duration.ofNanos(1_234_567),
            Duration.ofMillis(20),
            Duration.ofSeconds(3));
    assertEquals(
        """
        {"text":"a \\"b\\"\\n｜","reasoning":"hm\\n.","finishReason":"STOP_STRING","promptTokens":5,"generatedTokens":2,\
        "backend":"npu,cpu","queuedMs":1.234,"firstTokenMs":20.0,"totalMs":3000.0}\
        """,
        Json.line(Answer.of(new ChatAnswer("hm\n.", "a \"b\"\n｜", result), "npu,cpu")));
  }
}

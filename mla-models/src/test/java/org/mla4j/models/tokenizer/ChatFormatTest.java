package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.template.ChatMessage;
import org.mla4j.models.template.TemplateException;
import org.mla4j.models.template.ToolCall;

class ChatFormatTest {

  private static final Path DEEPSEEK = Golden.folder("tokenizer-deepseek-llm");
  private static final Path QWEN = Golden.folder("tokenizer-qwen");

  @TempDir Path temporary;
  private Tokenizer tokenizer;
  private TokenizerFolder folder;

  @BeforeEach
  void open() {
    tokenizer = Tokenizers.open(DEEPSEEK);
    folder = new TokenizerFolder(temporary);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @Test
  void beginsAPromptOnce() {
    ChatPrompt prompt =
        ChatFormat.load(DEEPSEEK, tokenizer)
            .format(List.of(ChatMessage.user("1+1?")), ChatOptions.defaults());
    assertEquals("<｜begin▁of▁sentence｜><｜User｜>1+1?<｜Assistant｜>", prompt.text());
    assertEquals(prompt.text(), prompt.toString());
    assertArrayEquals(tokenizer.encode(prompt.text(), false), prompt.ids());
    assertEquals(prompt.ids().length, prompt.length());
    assertEquals(0, prompt.ids()[0]);
    assertNotEquals(0, prompt.ids()[1]);
  }

  @Test
  void formatsEveryKindOfMessage() {
    List<ChatMessage> conversation =
        List.of(
            ChatMessage.system("Be brief."),
            ChatMessage.user("What is 2+3?"),
            ChatMessage.assistant(null, List.of(ToolCall.of("add", Map.of("a", 2)))),
            ChatMessage.tool("5"),
            ChatMessage.assistant("Five."),
            ChatMessage.user("Thanks"));
    assertEquals(
        """
        <｜begin▁of▁sentence｜>Be brief.<｜User｜>What is 2+3?<｜Assistant｜><｜tool▁calls▁begin｜>\
        <｜tool▁call▁begin｜>function<｜tool▁sep｜>add
        ```json
        {"a": 2}
        ```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜><｜tool▁outputs▁begin｜>\
        <｜tool▁output▁begin｜>5<｜tool▁output▁end｜><｜tool▁outputs▁end｜>Five.<｜end▁of▁sentence｜>\
        <｜User｜>Thanks\
        """,
        ChatFormat.load(DEEPSEEK, tokenizer)
            .format(conversation, ChatOptions.defaults().withGenerationPrompt(false))
            .text());
  }

  @Test
  void passesToolsAndVariables() {
    try (Tokenizer qwen = Tokenizers.open(QWEN)) {
      ChatPrompt prompt =
          ChatFormat.load(QWEN, qwen)
              .format(
                  List.of(ChatMessage.system("S"), ChatMessage.user("U")),
                  ChatOptions.defaults()
                      .withTools(List.of(Map.of("type", "function")))
                      .with("enable_thinking", false));
      assertEquals(
          """
          <|im_start|>system
          S

          # Tools
          <tools>
          {"type": "function"}
          </tools><|im_end|>
          <|im_start|>user
          U<|im_end|>
          <|im_start|>assistant
          <think>

          </think>

          """,
          prompt.text());
    }
  }

  @Test
  void knowsWhatHuggingFacePasses() {
    folder.withConfig(
        """
        {"bos_token": {"content": "<b>", "lstrip": false}, "eos_token": "<e>", "pad_token": null,
         "additional_special_tokens": ["<x>", {"content": "<y>"}],
         "chat_template": "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}{{ additional_special_tokens }}\
        {{ tools }}{{ documents }}{{ add_generation_prompt }}{{ messages }}{{ extra }}"}
        """);
    ChatMessage message =
        new ChatMessage(
            "assistant",
            null,
            List.of(new ToolCall("f", "{\"a\":1}", "id-1")),
            Map.of("reasoning_content", "hm"));
    assertEquals(
        "<b><e>False['<x>', '<y>']NoneNoneTrue[{'role': 'assistant', 'content': None, 'tool_calls':"
            + " [{'id': 'id-1', 'type': 'function', 'function': {'name': 'f', 'arguments':"
            + " '{\"a\":1}'}}], 'reasoning_content': 'hm'}]None",
        ChatFormat.load(temporary, tokenizer)
            .format(List.of(message), ChatOptions.defaults().with("extra", null))
            .text());
  }

  @Test
  void prefersFilesToTheConfiguration() {
    folder
        .withConfig(
            """
            {"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"},
                               {"name": "rag", "template": "R"}]}
            """)
        .withFile("additional_chat_templates/rag.jinja", "file R\n");
    assertEquals("D", render("default"));
    assertEquals("T", render("tool_use"));
    assertEquals("file R", render("rag"));
    folder.withFile("chat_template.jinja", "file D\n");
    assertEquals("file D", render("default"));
  }

  @Test
  void readsTheTemplateOfAFileOfJson() {
    folder
        .withConfig("{\"chat_template\": \"config\"}")
        .withFile("chat_template.json", "{\"chat_template\": \"json {{ nothing.at }}\"}");
    assertEquals(
        temporary.resolve("chat_template.json")
            + "#chat_template:1:16: 'nothing' is undefined [MLA-0208]",
        assertThrows(TemplateException.class, () -> render("default")).getMessage());
    folder.withFile("chat_template.jinja", "jinja");
    assertEquals("jinja", render("default"));
    folder.withFile("chat_template.json", "{\"chat_template\": 1}");
    assertEquals(
        temporary.resolve("chat_template.json")
            + ": expected a JSON object with a string as 'chat_template'. [MLA-0208]",
        assertThrows(ModelException.class, () -> render("default")).getMessage());
  }

  @Test
  void saysWhatIsMissing() {
    folder.withConfig("{}");
    assertEquals(
        "The model in '"
            + temporary
            + "' has no chat template. Expected one as 'chat_template' in tokenizer_config.json or"
            + " as chat_template.jinja. A model without one continues texts, but does not know"
            + " conversations. [MLA-0208]",
        assertThrows(ModelException.class, () -> ChatFormat.load(temporary, tokenizer))
            .getMessage());
    folder.withConfig("{\"chat_template\": [{\"name\": \"rag\", \"template\": \"R\"}]}");
    assertEquals(
        "The model in '"
            + temporary
            + "' has no chat template named 'default'; it has: rag. Expected one as 'chat_template'"
            + " in tokenizer_config.json or as chat_template.jinja. A model without one continues"
            + " texts, but does not know conversations. [MLA-0208]",
        assertThrows(ModelException.class, () -> ChatFormat.load(temporary, tokenizer))
            .getMessage());
  }

  @Test
  void saysWhereATemplateFails() {
    folder.withConfig("{\"chat_template\": \"a\\n  {{ raise_exception('No.') }}\"}");
    ChatFormat format = ChatFormat.load(temporary, tokenizer);
    TemplateException failure =
        assertThrows(
            TemplateException.class, () -> format.format(List.of(), ChatOptions.defaults()));
    assertEquals(
        temporary.resolve("tokenizer_config.json") + "#chat_template:2:21: No. [MLA-0208]",
        failure.getMessage());
    assertEquals(TemplateException.Kind.RAISED, failure.kind());
    assertEquals("No.", failure.detail());
  }

  private String render(String name) {
    return ChatFormat.load(temporary, tokenizer, name).format(Map.of()).text();
  }
}

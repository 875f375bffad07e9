package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Keeps C2 from joining vector loops into units that it can no longer turn into vector code. */
class VectorCodeSizeTest {
  /** What C2 inlines of a hot method at most, in bytes of code ({@code FreqInlineSize}). */
  private static final int INLINED = 325;

  /** With so many operations a method is a unit of its own. */
  private static final int MANY = 30;

  @Test
  @DisplayName("a method of many vector operations is too large to be inlined into another")
  void manyOperationsStandAlone() throws IOException, URISyntaxException {
    Path folder = Path.of(Exp.class.getResource("Exp.class").toURI()).toAbsolutePath().getParent();
    List<String> inlined = new ArrayList<>();
    int large = 0;
    try (Stream<Path> classes = Files.list(folder)) {
      for (Path file : classes.filter(path -> path.toString().endsWith(".class")).toList()) {
        try (InputStream bytes = Files.newInputStream(file)) {
          for (MethodModel method : ClassFile.of().parse(bytes.readAllBytes()).methods()) {
            if (operations(method) >= MANY) {
              large++;
              int size = size(method);
              if (size <= INLINED) {
                inlined.add(file.getFileName() + " " + method.methodName() + ": " + size);
              }
            }
          }
        }
      }
    }
    assertEquals(List.of(), inlined);
    assertTrue(large >= 4, "found " + large + " of Exp, LaneSums, DotTile and MixTile");
  }

  private static long operations(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .filter(VectorCodeSizeTest::isVectorOperation)
        .count();
  }

  private static boolean isVectorOperation(CodeElement element) {
    return element instanceof InvokeInstruction call
        && call.owner().asInternalName().startsWith("jdk/incubator/vector/");
  }

  private static int size(MethodModel method) {
    return method.code().map(code -> ((CodeAttribute) code).codeLength()).orElseThrow();
  }
}

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.DebugElementsOption;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the signatures of a library's classes into a jar: what others compile and link against, with
 * no code and nothing private. The same signatures give the same jar, whatever changed inside methods.
 *
 * <p>Usage: {@code java ApiBaseline.java FOLDER-OF-CLASSES JAR}
 */
final class ApiBaseline {
  private static final int SHARED = ClassFile.ACC_PUBLIC | ClassFile.ACC_PROTECTED;
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final ClassFile CLASSES =
      ClassFile.of(ConstantPoolSharingOption.NEW_POOL, DebugElementsOption.DROP_DEBUG);

  private static final ClassTransform SIGNATURES =
      ClassTransform.dropping(
              element ->
                  element instanceof MethodModel method && (method.flags().flagsMask() & SHARED) == 0
                      || element instanceof FieldModel field
                          && (field.flags().flagsMask() & SHARED) == 0)
          .andThen(
              ClassTransform.transformingMethods(
                  MethodTransform.dropping(CodeModel.class::isInstance)));

  public static void main(String[] args) throws IOException {
    Path classes = Path.of(args[0]);
    Path jar = Path.of(args[1]);
    List<Path> files;
    try (Stream<Path> all = Files.walk(classes)) {
      files = all.filter(ApiBaseline::isClass).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IOException("No classes in '" + classes + "'; expected a compiled library.");
    }
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path file : files) {
        String name = classes.relativize(file).toString().replace('\\', '/');
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(NO_TIME);
        zip.putNextEntry(entry);
        zip.write(CLASSES.transformClass(CLASSES.parse(file), SIGNATURES));
      }
    }
    System.out.println(jar + ": signatures of " + files.size() + " classes");
  }

  private static boolean isClass(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".class") && !name.equals("module-info.class");
  }

  private ApiBaseline() {}
}

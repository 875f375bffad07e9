package org.mla4j.core.cpu.packed;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.Consumer;

/** Makes a class that has nothing but one method. */
final class KernelClass {
  private KernelClass() {}

  /**
   * Makes an instance of such a class.
   *
   * @param kind the interface whose only method it implements
   * @param method name of that
   * @param type its parameters and result
   * @param body writes its code
   * @param <K> the interface
   * @return the instance
   */
  static <K> K make(Class<K> kind, String method, MethodTypeDesc type, Consumer<VectorCode> body) {
    byte[] bytes =
        ClassFile.of()
            .build(
                ClassDesc.of(kind.getName() + "Code"),
                made ->
                    made.withFlags(ClassFile.ACC_FINAL)
                        .withInterfaceSymbols(VectorCode.desc(kind))
                        .withMethodBody(
                            INIT_NAME,
                            MTD_void,
                            0,
                            code ->
                                code.aload(0)
                                    .invokespecial(CD_Object, INIT_NAME, MTD_void)
                                    .return_())
                        .withMethodBody(
                            method,
                            type,
                            ClassFile.ACC_PUBLIC,
                            code -> body.accept(new VectorCode(code))));
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
      MethodType constructor = MethodType.methodType(void.class);
      return kind.cast(lookup.findConstructor(lookup.lookupClass(), constructor).invoke());
    } catch (Throwable e) {
      throw new AssertionError("A kernel " + kind.getSimpleName() + " cannot be made", e);
    }
  }
}

package org.mla4j.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.BaseStream;

/** What a library must not do to the process it lives in. */
enum Manners {
  PRINTS_NOTHING(
      noClassOfTheLibrary()
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .orShould()
          .accessTargetWhere(method(Throwable.class, "printStackTrace"))),

  SETS_NO_PROPERTY(
      noClassOfTheLibrary()
          .should()
          .accessTargetWhere(
              method(System.class, "setProperty", "setProperties", "clearProperty"))),

  CHANGES_NO_DEFAULT(
      noClassOfTheLibrary()
          .should()
          .accessTargetWhere(method(System.class, "setOut", "setErr", "setIn"))
          .orShould()
          .accessTargetWhere(method(Locale.class, "setDefault"))
          .orShould()
          .accessTargetWhere(method(TimeZone.class, "setDefault"))),

  ENDS_NO_PROCESS(
      noClassOfTheLibrary()
          .should()
          .accessTargetWhere(method(System.class, "exit"))
          .orShould()
          .accessTargetWhere(method(Runtime.class, "exit", "halt", "addShutdownHook"))),

  NEVER_SLEEPS(
      noClassOfTheLibrary()
          .should()
          .accessTargetWhere(method(Thread.class, "sleep"))
          .because("a sleep is a guess at somebody else's speed")),

  LEAVES_THE_COMMON_POOL_ALONE(
      noClassOfTheLibrary()
          .should()
          .accessTargetWhere(method(ForkJoinPool.class, "commonPool"))
          .orShould()
          .accessTargetWhere(method(Collection.class, "parallelStream"))
          .orShould()
          .accessTargetWhere(method(BaseStream.class, "parallel"))),

  NAMES_ITS_EXECUTOR(noClassOfTheLibrary().should().accessTargetWhere(asyncWithoutExecutor())),

  NEEDS_NO_NATIVE_ACCESS(
      noClasses()
          .that()
          .resideInAnyPackage(Classes.API, Classes.CORE)
          .should()
          .accessTargetWhere(method(MemorySegment.class, "reinterpret"))
          .orShould()
          .accessTargetWhere(method(AddressLayout.class, "withTargetLayout"))
          .orShould()
          .accessTargetWhere(method(System.class, "load", "loadLibrary"))
          .orShould()
          .accessTargetWhere(method(Runtime.class, "load", "loadLibrary"))
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Linker.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(SymbolLookup.class)
          .because("an application that denies native access can still run models")),

  HAS_FINAL_STATICS_ONLY(
      fields()
          .that()
          .areStatic()
          .and()
          .doNotHaveModifier(SYNTHETIC) // javac's own, for switches over enums and for assertions
          .and()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(Classes.API, Classes.CORE, Classes.MODELS)
          .should()
          .beFinal()),

  /** Arrays and collections cannot be judged by the type of their field; these can. */
  KEEPS_NO_STATE_IN_STATICS(
      noFields()
          .that()
          .areStatic()
          .and()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(Classes.API, Classes.CORE, Classes.MODELS)
          .should()
          .haveRawType(
              describe(
                  "made to be changed",
                  type ->
                      type.getPackageName().startsWith("java.util.concurrent")
                          || type.isAssignableTo(ThreadLocal.class)))
          .because("engines live side by side and must not meet"));

  private final ArchRule rule;

  Manners(ArchRule rule) {
    this.rule = rule;
  }

  ArchRule rule() {
    return rule;
  }

  private static GivenClassesConjunction noClassOfTheLibrary() {
    return noClasses().that().resideInAnyPackage(Classes.API, Classes.CORE, Classes.MODELS);
  }

  /** A call or a method reference. */
  private static DescribedPredicate<JavaAccess<?>> method(Class<?> owner, String... names) {
    return describe(
        owner.getSimpleName() + " " + String.join("/", names),
        access ->
            access.getTargetOwner().isAssignableTo(owner)
                && List.of(names).contains(access.getTarget().getName()));
  }

  private static DescribedPredicate<JavaAccess<?>> asyncWithoutExecutor() {
    return describe(
        "CompletableFuture ...Async without an executor",
        access ->
            access.getTargetOwner().isAssignableTo(CompletableFuture.class)
                && access.getTarget().getName().endsWith("Async")
                && access.getTarget() instanceof CodeUnitAccessTarget target
                && target.getRawParameterTypes().stream().noneMatch(Manners::isExecutor));
  }

  private static boolean isExecutor(JavaClass type) {
    return type.isAssignableTo(Executor.class);
  }
}

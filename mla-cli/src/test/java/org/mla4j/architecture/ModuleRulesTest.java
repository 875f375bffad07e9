package org.mla4j.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may know whom. */
class ModuleRulesTest {
  @Test
  void theApiStandsOnTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage(Classes.API)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(Classes.API, "java..", "org.jspecify.annotations..")
        .because("a vendor's backend needs this module and nothing else")
        .check(Classes.ALL);
  }

  @Test
  void theCoreStandsOnTheApiAndTheVectorApi() {
    classes()
        .that()
        .resideInAPackage(Classes.CORE)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            Classes.CORE,
            Classes.API,
            "java..",
            "jdk.incubator.vector..",
            "org.jspecify.annotations..")
        .check(Classes.ALL);
  }

  @Test
  void theBundledBackendSeesNoMoreThanAVendorsDoes() {
    classes()
        .that()
        .resideInAPackage("org.mla4j.core.cpu..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "org.mla4j.core.cpu..",
            Classes.API,
            "java..",
            "jdk.incubator.vector..",
            "org.jspecify.annotations..")
        .because("what it needed and could not reach in the API, nobody else could either")
        .check(Classes.ALL);
  }

  @Test
  void modelsDoNotKnowBackends() {
    noClasses()
        .that()
        .resideInAPackage(Classes.MODELS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.mla4j.core.cpu..", "org.mla4j.core.registry..", "org.mla4j.backend..")
        .because("a model asks for layers and ops; who runs them is decided elsewhere")
        .check(Classes.ALL);
  }

  @Test
  void modelsDoNotNameBackends() {
    Pattern name = Pattern.compile("\"(cpu|opencl|ascend[\\w-]*)\"");
    List<Path> models =
        Sources.modules().stream().filter(module -> module.endsWith("mla-models")).toList();
    assertEquals(1, models.size());
    assertEquals(
        List.of(),
        Sources.java(models.getFirst()).stream()
            .filter(file -> name.matcher(Sources.read(file)).find())
            .toList());
  }

  @Test
  void nobodyKnowsTheCommand() {
    noClasses()
        .that()
        .resideOutsideOfPackages("org.mla4j.cli..", "org.mla4j.benchmarks..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.mla4j.cli..")
        .check(Classes.ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "core", "models", "cli"})
  void packagesHaveNoCycles(String module) {
    slices()
        .matching("org.mla4j." + module + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true) // one package cannot have a cycle
        .check(Classes.ALL);
  }
}

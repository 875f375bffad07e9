package org.mla4j.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/** The classes of all modules, and how the rules name parts of them. */
final class Classes {
  static final String API = "org.mla4j.api..";
  static final String CORE = "org.mla4j.core..";
  static final String MODELS = "org.mla4j.models..";

  /** Read once: it takes seconds. */
  static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.mla4j");

  private Classes() {}
}

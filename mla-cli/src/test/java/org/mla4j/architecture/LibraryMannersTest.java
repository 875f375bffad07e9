package org.mla4j.architecture;

import static org.junit.jupiter.api.Assertions.assertThrows;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.core.offender.Offender;

class LibraryMannersTest {
  @ParameterizedTest
  @EnumSource
  void theLibraryBehaves(Manners manners) {
    manners.rule().check(Classes.ALL);
  }

  /** A rule that finds nothing in the worst of classes would find nothing anywhere. */
  @ParameterizedTest
  @EnumSource
  void whoeverDoesNotIsFound(Manners manners) {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);
    assertThrows(AssertionError.class, () -> manners.rule().check(offender));
  }
}

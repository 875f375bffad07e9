package org.mla4j.core.cpu;

import java.lang.module.ModuleDescriptor;

/** The version of a jar: its module's on the module path, its manifest's on the class path. */
public final class Version {
  private Version() {}

  /**
   * Looks up a version.
   *
   * @param type a class of the jar
   * @return the version; {@code development} when the class comes from no jar
   */
  public static String of(Class<?> type) {
    ModuleDescriptor module = type.getModule().getDescriptor();
    String version =
        module == null
            ? type.getPackage().getImplementationVersion()
            : module.rawVersion().orElse(null);
    return version == null ? "development" : version;
  }
}

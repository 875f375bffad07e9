package org.mla4j.cli;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: the packed version, never a number written in the code. */
final class VersionText implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "mla " + version(), System.getProperty("java.vm.name") + " " + Runtime.version()
    };
  }

  /**
   * A module knows its version; on the class path the manifest does; class files in a folder have
   * none.
   */
  private static String version() {
    ModuleDescriptor module = VersionText.class.getModule().getDescriptor();
    String packed =
        module == null
            ? VersionText.class.getPackage().getImplementationVersion()
            : module.rawVersion().orElse(null);
    return packed == null ? "development" : packed;
  }
}

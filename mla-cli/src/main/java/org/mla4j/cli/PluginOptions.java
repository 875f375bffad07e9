package org.mla4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.plugin.PluginFolder;
import picocli.CommandLine.Option;

/** Where backends and architectures come from besides those that the program was packed with. */
final class PluginOptions {
  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description =
          "Folder with jars of backends and architectures. Default: the folder plugins beside the"
              + " program, if it has jars.")
  private @Nullable Path folder;

  /**
   * Opens what was given, or else the folder beside the launcher. The current folder is never
   * searched: whoever runs the command in a folder of somebody else would run that person's code.
   */
  Plugins open(CliContext context) {
    ClassLoader parent = PluginOptions.class.getClassLoader();
    return new Plugins(
        chosen(context).map(chosen -> PluginFolder.open(chosen, parent)).orElse(null));
  }

  private Optional<Path> chosen(CliContext context) {
    return folder != null
        ? Optional.of(folder)
        : Optional.ofNullable(context.home())
            .map(home -> home.resolve("plugins"))
            .filter(PluginFolder::hasJars);
  }
}

import type { BuildOptions } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }
import { build } from '../runtime/version.ts'

/**
 * Packages that every command or every scenario loads. They go into the bundles: installed, each
 * is dozens of files to find and read, and Zod reads the texts of fifty languages.
 */
const BUNDLED = ['commander', 'picocolors', 'yaml', 'zod']

const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]

/** How everything in dist/ is bundled. */
export const common: BuildOptions = {
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // a package of devDependencies goes into the bundle, so that users need not install it
  external: installed.filter((name) => !BUNDLED.includes(name)),
  define: { SPILLWAY_BUILD: JSON.stringify(build()) },
  banner: {
    // packages in CommonJS ask for modules of Node
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  logLevel: 'warning',
}

/** The command line: a command loads only the chunks that it needs. */
export const commandLine: BuildOptions = {
  ...common,
  entryPoints: ['cli.ts', 'runtime/main.ts'],
  splitting: true,
}

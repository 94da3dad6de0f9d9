import type { Plugin } from 'esbuild'

/** Bundles an entry as the command line is bundled, so that the code that users run is timed. */
export async function bundleBench(
  entry: string,
  outfile: string,
  plugins: Plugin[] = [],
): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins,
  })
}

import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundleChildren } from '../tools/bundles.ts'
import { ROOT } from './command-line.ts'

/**
 * Bundles what runs in processes and threads of its own, as a build does: a start from source
 * compiles each module again, which takes a second of CPU time. Beside dist/, as bundles find what
 * ships from there.
 */
export async function setup(project: TestProject): Promise<void> {
  if (process.env.SPILLWAY_BUNDLES !== undefined) return
  const folder = join(ROOT, '.bundles')
  process.env.SPILLWAY_BUNDLES = folder
  await bundleChildren(folder)
  project.onTestsRerun(() => bundleChildren(folder))
}

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { allCharts, type ReportInput } from './charts/index.ts'
import { toPng, toSvg } from './render.ts'

export type ChartFormat = 'svg' | 'png'

/** Writes every chart into `dir` as NAME.svg and NAME.png; returns the paths written. */
export async function writeCharts(
  dir: string,
  formats: readonly ChartFormat[],
  input: ReportInput,
): Promise<string[]> {
  await mkdir(dir, { recursive: true })
  const paths: string[] = []
  for (const { name, spec } of allCharts(input)) {
    for (const format of formats) {
      const path = join(dir, `${name}.${format}`)
      await writeFile(path, format === 'svg' ? await toSvg(spec) : await toPng(spec))
      paths.push(path)
    }
  }
  return paths
}

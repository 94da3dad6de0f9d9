import { allCharts, type ReportInput } from './index.ts'
import { toPng, toSvg } from './render.ts'

export type ChartFormat = 'svg' | 'png'

/** Draws every chart in every format, each as the content of a file NAME.svg or NAME.png. */
export async function drawCharts(
  formats: readonly ChartFormat[],
  input: ReportInput,
): Promise<{ readonly file: string; readonly content: string | Uint8Array }[]> {
  const drawn: { file: string; content: string | Uint8Array }[] = []
  for (const { name, spec } of allCharts(input)) {
    for (const format of formats) {
      const content = format === 'svg' ? await toSvg(spec) : await toPng(spec)
      drawn.push({ file: `${name}.${format}`, content })
    }
  }
  return drawn
}

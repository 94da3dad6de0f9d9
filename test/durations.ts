import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the tests of a file took and tried. */
export interface FileDuration {
  /** of vitest.config.ts */
  readonly project: string
  readonly seconds: number
  readonly tests: number
  readonly assertions: number
}

/** By the path of the file, relative to the root of the repository. */
export type Durations = Readonly<Record<string, FileDuration>>

const PATH = 'test/durations.json'

/** The record of an earlier run on some machine; it only decides which file starts first. */
export function recordedDurations(root: string): Durations {
  const path = join(root, PATH)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

/** Keeps what other runs have recorded, except of files that are gone. */
export function recordDurations(root: string, ran: Durations): void {
  const kept = Object.entries(recordedDurations(root)).filter(([path]) =>
    existsSync(join(root, path)),
  )
  writeFileSync(join(root, PATH), durationsText({ ...Object.fromEntries(kept), ...ran }))
}

/** One line a file, sorted, with coarse times: a line changes only where its tests did. */
export function durationsText(durations: Durations): string {
  const lines = Object.entries(durations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { project, seconds, tests, assertions }]) => {
      const row = { project, seconds: coarse(seconds), tests, assertions }
      return `  ${JSON.stringify(path)}: ${JSON.stringify(row)}`
    })
  return `{\n${lines.join(',\n')}\n}\n`
}

/** 0, or the nearest of 1, 2, 5, 10, 20, 50, … by ratio. */
export function coarse(seconds: number): number {
  if (seconds < 0.7) return 0
  const decade = 10 ** Math.floor(Math.log10(seconds))
  const distance = (step: number) => Math.abs(Math.log(seconds / step))
  return [1, 2, 5, 10]
    .map((digit) => digit * decade)
    .reduce((best, step) => (distance(step) < distance(best) ? step : best))
}

/** Seconds by which a file is placed: one that is not recorded may take long and starts first. */
export const expectedSeconds = (durations: Durations, path: string) =>
  durations[path]?.seconds ?? Number.POSITIVE_INFINITY

/** Lines for the end of a run: the number of assertions, and the files that took longest. */
export function durationLines(durations: Durations, most = 10): string[] {
  const files = Object.entries(durations)
  const sum = { seconds: 0, tests: 0, assertions: 0 }
  for (const [, { seconds, tests, assertions }] of files) {
    sum.seconds += seconds
    sum.tests += tests
    sum.assertions += assertions
  }
  const counted = (count: number) => count.toLocaleString('en')
  const slowest = files
    .filter(([, { seconds }]) => seconds >= 1)
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .slice(0, most)
  return [
    `${counted(sum.assertions)} assertions, ${counted(sum.tests)} tests, ${counted(files.length)} files, ${sum.seconds.toFixed(0)} s in all files`,
    ...slowest.map(([path, { seconds }]) => `${seconds.toFixed(1).padStart(7)} s  ${path}`),
  ]
}

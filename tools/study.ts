import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, type OptionValues } from 'commander'
import type { TopLevelSpec } from 'vega-lite'
import { writeWhole } from '../runtime/folders/write-whole.ts'
import type { FiguresOf, StudyName } from './claims/figures/index.ts'
import { withHead } from './claims/head.ts'
import {
  type Begun,
  beginStudy,
  type StudyRecord,
  type WriteOptions,
  writeRecord,
} from './claims/record.ts'
import { STUDIES } from './claims/studies.ts'

/** A study: a command that simulates or measures for minutes, `npm run SCRIPT`. */
export interface Study<Options> {
  readonly script: string
  readonly description: string
  /** what stands after `npm run SCRIPT`, and what it does */
  readonly examples: readonly (readonly [words: string, does: string])[]
  /** adds its arguments and options */
  readonly define?: (command: Command) => Command
  /** the same code with few data in a folder that is removed; returns what it did */
  readonly smoke: (folder: string, options: Options, command: Command) => Promise<string> | string
  readonly run: (options: Options, command: Command) => Promise<void> | void
}

/** Reads the command line, and runs a study or its smoke run. */
export async function runStudy<Options extends OptionValues>(study: Study<Options>): Promise<void> {
  const { script, description, examples, define = (command) => command } = study
  const command = define(studyCommand(script, description, examples)).parse()
  const options = command.opts<Options & { readonly smoke?: true }>()
  if (options.smoke) {
    const words = [script, ...command.args].join(' ')
    await smokeRun(words, (folder) => study.smoke(folder, options, command))
  } else await study.run(options, command)
}

/**
 * The command of a study, `npm run SCRIPT`. `--help` prints its usage; an argument that it does not
 * have is refused with it. Each example is what stands after `npm run SCRIPT`, and what it does.
 */
export function studyCommand(
  script: string,
  description: string,
  examples: readonly (readonly [words: string, does: string])[],
): Command {
  const all = [...examples, ['-- --smoke', 'tries the study in seconds'] as const]
  const commands = all.map(([words, does]) => [`npm run ${script} ${words}`.trim(), does] as const)
  const width = Math.max(...commands.map(([command]) => command.length))
  const lines = commands.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`)
  return new Command(`npm run ${script} --`)
    .description(description)
    .option('--smoke', 'the same code with few data, in seconds; keeps no figure')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
    .showHelpAfterError()
}

/**
 * Runs a study with few data in a folder that is removed afterwards, and prints what it did, as
 * `run` states it, and how long that took.
 */
export async function smokeRun(
  script: string,
  run: (folder: string) => Promise<string> | string,
): Promise<void> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-smoke-'))
  try {
    const did = await run(folder)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stdout.write(`smoke run of ${script}: ${did}; ${seconds} s, no figure is kept\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A chart by its file in docs/images; a function where it takes simulations to draw it. */
export type Image = readonly [name: string, chart: TopLevelSpec | (() => Promise<TopLevelSpec>)]

/** A part of a page. */
export interface Section {
  /** Markdown, from its heading of the second level on */
  readonly text: string
  readonly images: readonly Image[]
  /** the bars that were missed, each as a sentence with figure and bar */
  readonly missed: readonly string[]
}

/** A part with the figures that the record of the study keeps of it. */
export interface FiguredSection<Figures> extends Section {
  readonly figures: Figures
}

/** What is kept of a whole run. */
export interface Kept<Name extends StudyName> extends WriteOptions {
  readonly figures: FiguresOf<Name>
  /** the page, to which the record adds its head */
  readonly page: string
  readonly images?: readonly Image[]
  /** texts of scenarios that the study fits, by their names in the library */
  readonly scenarios?: Readonly<Record<string, string>>
}

/** Writes the record of a study that ran whole, and all that is made of it. */
export async function keepStudy<Name extends StudyName>(
  begun: Begun<Name>,
  { figures, page, images = [], scenarios = {}, ...options }: Kept<Name>,
): Promise<void> {
  await keepPage(page, await writeRecord(begun, figures, options))
  // the studies that draw nothing do without the renderer
  const { toPng } = await import('../reports/charts/render.ts')
  for (const [name, chart] of images) {
    const drawn = typeof chart === 'function' ? await chart() : chart
    await writeWhole(`docs/images/${name}`, await toPng(drawn))
  }
  for (const [name, text] of Object.entries(scenarios)) {
    await writeWhole(`scenarios/library/${name}.yaml`, text)
  }
}

/** Writes the page of a study, with the head of its record. */
export const keepPage = (page: string, record: StudyRecord<StudyName>): Promise<void> =>
  writeWhole(STUDIES[record.study].page!, withHead(page, record))

/** A page on published measurements, which are no part of the repository. */
export interface Article<Name extends StudyName = StudyName> {
  readonly study: Name
  /** whether all its data are there */
  readonly isThere: () => boolean
  /** what is expected where they are not */
  readonly missing: string
  /** the same code with few data; returns what it did */
  readonly smoke: () => Promise<string>
  readonly make: () => Promise<MadeArticle<Name>>
}

export interface MadeArticle<Name extends StudyName> extends Kept<Name> {
  /** their charts are kept, and bars that they miss are printed */
  readonly sections: readonly Section[]
  /** whether a limit is exceeded that the command fails for */
  readonly failed?: boolean
}

/** Makes an article and prints it; keeps it where it is to be written. */
export async function writeArticle<Name extends StudyName>(
  { study, make }: Article<Name>,
  write: boolean,
): Promise<void> {
  const begun = beginStudy(study)
  const { sections, failed = false, ...kept } = await make()
  process.stdout.write(kept.page)
  if (failed) process.exitCode = 1
  if (write) await keepStudy(begun, { ...kept, images: sections.flatMap(({ images }) => images) })
  for (const text of sections.flatMap(({ missed }) => missed)) {
    process.stderr.write(`missed: ${text}\n`)
  }
}

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { hostFingerprint } from '../../runtime/live/host.ts'
import { packageDirectory } from '../../runtime/version.ts'
import { hostSchema } from '../../sim/documents/index.ts'
import { FIGURES, type FiguresOf, type StudyName } from './figures/index.ts'
import { repositoryAt } from './repository.ts'
import { commandOf, STUDIES } from './studies.ts'

/**
 * The record of a study: what it found, of which code, when and where. A whole run writes it to
 * docs/background/records; README and the heads of pages are written from these files.
 */

export const RECORDS = 'docs/background/records'

/** The note beside a run that is kept. */
const BEGUN = 'begun.json'

const hash = z.string().regex(/^[0-9a-f]{40}$/)

/** What is known when a study begins. */
const beginning = {
  /** that was checked out; null where git is missing, or kept work is of an unknown commit */
  commit: hash.nullable(),
  /** whether files that the study depends on differed from that commit */
  changed: z.boolean(),
  date: z.iso.date(),
}
const begunSchema = z.strictObject(beginning)

export interface StudyRecord<Name extends StudyName> extends z.infer<typeof begunSchema> {
  readonly study: Name
  readonly command: string
  /** taken from a page or data that a run before there were records had written */
  readonly transcribed: boolean
  /** null in a transcribed record where it is not known */
  readonly machine: z.infer<typeof hostSchema> | null
  readonly minutes: number | null
  /** data that are not part of the repository */
  readonly data: string | null
  readonly figures: FiguresOf<Name>
}

const recordSchema = (name: StudyName) =>
  z.strictObject({
    study: z.literal(name),
    command: z.string(),
    ...beginning,
    transcribed: z.boolean(),
    machine: hostSchema.nullable(),
    minutes: z.number().positive().nullable(),
    data: z.string().nullable(),
    figures: FIGURES[name],
  })

/** A study that runs. */
export interface Begun<Name extends StudyName> extends z.infer<typeof begunSchema> {
  readonly study: Name
  /** on the clock of `performance.now()` */
  readonly sinceMs: number
}

/**
 * Notes the code with which a study begins. Where an interrupted run is kept, the note is kept
 * beside it, so that what goes on later is recorded as of the code that began it.
 */
export function beginStudy<Name extends StudyName>(study: Name): Begun<Name> {
  const { dependsOn, keptIn } = STUDIES[study]
  const repository = repositoryAt()
  const commit = repository.headCommit()
  const now = {
    commit,
    changed: (repository.uncommitted(dependsOn) ?? []).length > 0,
    date: new Date().toISOString().slice(0, 10),
  }
  const begun = keptIn === undefined ? now : keptBeginning(join(packageDirectory(), keptIn), now)
  if (begun.commit !== commit) {
    const of = begun.commit === null ? 'an unknown commit' : `commit ${begun.commit.slice(0, 12)}`
    process.stderr.write(
      `${keptIn} is of ${of}, and is used again; remove it to measure this code\n`,
    )
  }
  return { ...begun, study, sinceMs: performance.now() }
}

/** Of which code the run is that a folder holds; null where it has no note. */
export function readBeginning(folder: string): z.infer<typeof begunSchema> | null {
  const path = join(folder, BEGUN)
  return existsSync(path) ? begunSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null
}

/** The same; it is noted where there is none. */
function keptBeginning(folder: string, now: z.infer<typeof begunSchema>) {
  const earlier = readBeginning(folder)
  if (earlier !== null) return earlier
  mkdirSync(folder, { recursive: true })
  const begun = readdirSync(folder).length === 0 ? now : { ...now, commit: null }
  writeFileSync(join(folder, BEGUN), documentText(begun))
  return begun
}

export interface WriteOptions {
  /** where parts were run earlier; by default since the study began */
  readonly minutes?: number
  /** where other arguments were given than for a usual whole run */
  readonly command?: string
  /** where data that it can do without were missing */
  readonly data?: null
  readonly folder?: string
}

/** Writes the record of a study that ran whole. */
export async function writeRecord<Name extends StudyName>(
  { study, commit, changed, date, sinceMs }: Begun<Name>,
  figures: FiguresOf<Name>,
  options: WriteOptions = {},
): Promise<StudyRecord<Name>> {
  const record: StudyRecord<Name> = {
    study,
    command: options.command ?? commandOf(STUDIES[study]),
    commit,
    changed,
    date,
    transcribed: false,
    machine: hostFingerprint(),
    minutes: options.minutes ?? (performance.now() - sinceMs) / 60_000,
    data: options.data === undefined ? STUDIES[study].data : options.data,
    figures,
  }
  recordSchema(study).parse(record)
  await writeWhole(pathOf(study, options.folder), documentText(record))
  process.stderr.write(
    `recorded in ${RECORDS}/${study}.json; npm run claims -- --write puts it into README and docs\n`,
  )
  return record
}

const pathOf = (study: StudyName, folder = join(packageDirectory(), RECORDS)) =>
  join(folder, `${study}.json`)

/** The last record of a study; null if it has none. Throws if the file is not a record. */
export function readRecord<Name extends StudyName>(
  study: Name,
  folder?: string,
): StudyRecord<Name> | null {
  const path = pathOf(study, folder)
  if (!existsSync(path)) return null
  const parsed = recordSchema(study).safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`)
  return parsed.data as StudyRecord<Name>
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PageInput } from '../../reports/index.ts'
import { Failure, hashOf } from '../../scenarios/index.ts'
import {
  blameSchema,
  type Comparison,
  comparisonSchema,
  type Result,
  resultSchema,
  type WhatIf,
} from '../../sim/documents/index.ts'
import {
  AGAINST_FOLDER,
  readDocument,
  readScenario,
  SCENARIO_FILE,
  settleRuns,
} from '../folders/run-folder.ts'
import { type DocumentOptions, LIBRARY_CALL } from './options.ts'

/** The documents of a folder for one page. Throws `Failure` if they are of several runs. */
export async function report(
  directory: string,
  { command = LIBRARY_CALL }: DocumentOptions = {},
): Promise<PageInput> {
  await settleRuns(directory)
  const simulated = await readDocument(directory, 'simulated', resultSchema)
  const measured = await readDocument(directory, 'measured', resultSchema)
  const comparison = await readDocument(directory, 'comparison', comparisonSchema)
  if (simulated === null && measured === null) {
    const problem = existsSync(directory)
      ? 'has neither simulated.json nor measured.json; write them with run, or simulate --out DIR'
      : 'no such folder'
    throw new Failure(`${directory}: ${problem}`)
  }
  await refuseMixed(directory, { simulated, measured, comparison })
  const blame = await readDocument(directory, 'blame', blameSchema)
  const results = simulated ?? measured
  if (blame !== null && results !== null && blame.scenario.hash !== results.scenario.hash) {
    const text = `is of scenario ${blame.scenario.hash}, but the results are of ${results.scenario.hash}`
    throw new Failure(`${join(directory, 'blame.json')}: ${text}; run blame again, or remove it`)
  }
  const against = comparison?.what_if ? await secondSide(directory, comparison.what_if) : null
  return {
    simulated,
    measured,
    comparison,
    against,
    blame,
    command: comparison?.command ?? command,
  }
}

/** The documents of a what-if's second side; null where there is none. */
async function secondSide(
  directory: string,
  { scenario }: WhatIf,
): Promise<NonNullable<PageInput['against']> | null> {
  const folder = join(directory, AGAINST_FOLDER)
  const simulated = await readDocument(folder, 'simulated', resultSchema)
  const measured = await readDocument(folder, 'measured', resultSchema)
  if (simulated === null && measured === null) return null
  for (const [name, document] of Object.entries({ simulated, measured })) {
    if (document === null || document.scenario.hash === scenario.hash) continue
    const text = `is of scenario ${document.scenario.hash}, but comparison.json has ${scenario.hash} as B`
    throw new Failure(`${join(folder, name)}.json: ${text}; run the commands again, or remove it`)
  }
  return { simulated, measured }
}

/** Whether a folder has results, which a page can show. */
export const hasResults = (directory: string) =>
  ['simulated.json', 'measured.json'].some((name) => existsSync(join(directory, name)))

/** Documents of several runs on one page would be taken for those of one. */
async function refuseMixed(
  directory: string,
  documents: {
    readonly simulated: Result | null
    readonly measured: Result | null
    readonly comparison: Comparison | null
  },
): Promise<void> {
  const { measured, comparison } = documents
  const hashes = Object.entries(documents).flatMap(([name, document]) =>
    document === null ? [] : [{ file: `${name}.json`, hash: document.scenario.hash }],
  )
  if (existsSync(join(directory, SCENARIO_FILE))) {
    hashes.push({ file: SCENARIO_FILE, hash: hashOf(await readScenario(directory)) })
  }
  const differing = hashes.find(({ hash }) => hash !== hashes[0]!.hash)
  const problems: string[] = []
  if (differing !== undefined) {
    const { file, hash } = hashes[0]!
    problems.push(`${file} is of scenario ${hash}, but ${differing.file} of ${differing.hash}`)
  } else if (measured !== null && comparison !== null) {
    if (measured.requests !== comparison.requests) {
      problems.push('measured.json and comparison.json are of other requests')
    }
    if (measured.runs !== comparison.replays) {
      const runs = `${measured.runs} replays, but comparison.json of ${comparison.replays}`
      problems.push(`measured.json is of ${runs}`)
    }
  }
  if (problems.length === 0) return
  throw new Failure(
    problems.map((text) => `${directory}: ${text}; run the commands again, or remove one of them`),
  )
}

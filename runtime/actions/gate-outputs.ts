import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { gateAnnotations, gateCsv, gateMarkdown, isGateCsv } from '../../reports/index.ts'
import { Failure } from '../../scenarios/index.ts'
import type { Gate } from '../../sim/documents/index.ts'
import { readText } from '../folders/documents.ts'
import { notWritten } from '../folders/system-refusal.ts'
import { writeWhole } from '../folders/write-whole.ts'
import { errCommand } from '../terminal.ts'

/** Adds a row of the metrics of a gate to a CSV file. Throws `Failure` where it is another file. */
export async function appendCsv(path: string, gate: Gate): Promise<void> {
  const before = existsSync(path) ? await readText(path) : null
  if (before !== null && before !== '' && !isGateCsv(before)) {
    throw new Failure(`${path}: expected the columns time and commit first; choose another file`)
  }
  const row = { time: new Date().toISOString(), commit: commitHere() }
  await writeWhole(path, gateCsv(before === '' ? null : before, gate, row))
}

/** The commit that is gated; empty outside of a repository. */
function commitHere(): string {
  const { GITHUB_SHA, CI_COMMIT_SHA } = process.env
  const known = GITHUB_SHA || CI_COMMIT_SHA
  if (known) return known
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', ['rev-parse', 'HEAD'], options).trim()
  } catch {
    return ''
  }
}

/** Writes the step summary and annotations of GitHub Actions, where this runs in them. */
export async function forContinuousIntegration(gate: Gate): Promise<void> {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env
  if (GITHUB_STEP_SUMMARY) {
    try {
      await appendFile(GITHUB_STEP_SUMMARY, `${gateMarkdown(gate)}\n`)
    } catch (error) {
      throw notWritten(GITHUB_STEP_SUMMARY, error)
    }
  }
  // stdout may hold the document alone; runners read both
  if (GITHUB_ACTIONS !== 'true') return
  for (const line of gateAnnotations(gate, pathInWorkspace)) errCommand(line)
}

/** GitHub looks for the files of annotations from the top of the checkout. */
function pathInWorkspace(file: string): string | null {
  const { GITHUB_WORKSPACE } = process.env
  if (!GITHUB_WORKSPACE) return file
  try {
    const path = relative(realpathSync(GITHUB_WORKSPACE), realpathSync(file))
    return path.startsWith('..') || isAbsolute(path) ? null : path.split(sep).join('/')
  } catch {
    // a scenario that ships is no file
    return null
  }
}

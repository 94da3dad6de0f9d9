import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import {
  type EndedGate,
  endedAnnotations,
  endedJunit,
  endedMarkdown,
  type GateSubject,
  gateAnnotations,
  gateCsv,
  gateMarkdown,
  isGateCsv,
} from '../../reports/index.ts'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { Gate } from '../../sim/documents/index.ts'
import { documentText, readText } from '../folders/documents.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { notWritten } from '../folders/system-refusal.ts'
import { writeWhole } from '../folders/write-whole.ts'
import { errCommand } from '../terminal.ts'
import { build } from '../version.ts'

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
  const commit = GITHUB_SHA || CI_COMMIT_SHA
  if (commit) return commit
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', ['rev-parse', 'HEAD'], options).trim()
  } catch {
    return ''
  }
}

/** What `--out` of a gate holds. */
export const OUTPUTS = ['gate.json', 'report.html', 'gate.xml', 'gate.md'] as const

/** Removes the outputs of an earlier gate, which would seem to be those of this one. */
export async function dropOutputs(directory: string | undefined): Promise<void> {
  if (directory === undefined) return
  await replaceFiles(directory, async (change) => {
    for (const name of OUTPUTS) change.remove(name)
  })
}

/** Replaces gate.json by what a gate that goes on has so far. */
export async function writeInterim(directory: string, gate: Gate): Promise<void> {
  await replaceFiles(directory, (change) => change.write('gate.json', documentText(gate)))
}

/**
 * Writes why a gate ended without a verdict, where its verdict would stand: what reads it finds a
 * file in any case. Throws the error. An interruption leaves nothing.
 */
export async function writeEnded(
  error: unknown,
  subject: GateSubject,
  directory: string | undefined,
): Promise<never> {
  if (error instanceof Failure && error.exitCode === EXIT.interrupted) throw error
  const problems = error instanceof Failure ? error.problems : ['internal error']
  const ended: EndedGate = { ...subject, ...build(), problems }
  const markdown = endedMarkdown(ended)
  try {
    if (directory !== undefined) {
      await replaceFiles(directory, async (change) => {
        // an interim document is of a gate that goes on
        change.remove('gate.json')
        await change.write('gate.xml', endedJunit(ended))
        await change.write('gate.md', markdown)
      })
    }
    await toGitHub(markdown, endedAnnotations(ended))
  } catch {
    // that it cannot be written is the smaller problem
  }
  throw error
}

/** Writes the step summary and annotations of GitHub Actions, where this runs in them. */
export const forContinuousIntegration = (gate: Gate): Promise<void> =>
  toGitHub(gateMarkdown(gate), gateAnnotations(gate, pathInWorkspace))

async function toGitHub(markdown: string, annotations: readonly string[]): Promise<void> {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env
  if (GITHUB_STEP_SUMMARY) {
    try {
      await appendFile(GITHUB_STEP_SUMMARY, `${markdown}\n`)
    } catch (error) {
      throw notWritten(GITHUB_STEP_SUMMARY, error)
    }
  }
  // stdout may hold the document alone; runners read both
  if (GITHUB_ACTIONS === 'true') for (const line of annotations) errCommand(line)
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

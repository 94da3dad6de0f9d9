import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { ROOT } from './command-line.ts'

/** Studies of the repository, each with few data, as `npm run` starts them. */

/** What studies write when they run whole. */
const KEPT = ['docs/background', 'docs/gallery', 'docs/images', 'scenarios', 'tools', 'test/fuzz']

/** A hash of all files that studies write. */
function keptHash(): string {
  const hash = createHash('sha256')
  for (const folder of KEPT) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    const files = names.filter((entry) => entry.isFile())
    for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
      hash.update(path).update(readFileSync(path))
    }
  }
  return hash.digest('hex')
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script of package.json with these arguments. */
async function npmRun(script: string, args: readonly string[]): Promise<Ended> {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [, main] = /^tsx (\S+)$/.exec(scripts[script]) ?? []
  expect(main, `npm run ${script}`).toBeDefined()
  const child = spawn(process.execPath, ['--import', 'tsx', main!, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

/** Runs a study that must succeed and change nothing; returns its output. */
export async function triedStudy(script: string, ...args: readonly string[]): Promise<string> {
  const before = keptHash()
  const { code, stdout, stderr } = await npmRun(script, args)
  expect(code, stderr.slice(-2000)).toBe(0)
  expect(keptHash(), 'files of the repository').toBe(before)
  return stdout
}

/** The same for a study that has `--smoke`. */
export async function smokeRun(script: string, ...args: readonly string[]): Promise<void> {
  const stdout = await triedStudy(script, ...args, '--smoke')
  expect(stdout).toMatch(/smoke run of [\w:-]+[^\n]*: [^\n]+; \d+\.\d s, no figure is kept\n$/)
}

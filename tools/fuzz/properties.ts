import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const FOLDERS = ['sim', 'runtime', 'scenarios', 'reports', 'test']

function propertyTests(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  ).filter((path) => /\bfc\./.test(readFileSync(path, 'utf8')))
}

/**
 * Runs the property tests on random systems other than those of `npm test`, seed after seed, until
 * one fails or the minutes are over. A failure names its seed. Returns whether all passed.
 */
export function fuzzProperties(minutes: number, first: number): boolean {
  const files = propertyTests()
  const until = performance.now() + 60_000 * minutes
  for (let seed = first; performance.now() < until; seed++) {
    console.log(`seed ${seed}: ${files.length} files of property tests`)
    const env = { ...process.env, FUZZ_SEED: String(seed), NO_COLOR: '1' }
    const { status, stdout } = spawnSync('npx', ['vitest', 'run', '--reporter=agent', ...files], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (status !== 0) {
      console.log(stdout)
      console.error(`Seed ${seed} fails: FUZZ_SEED=${seed} npx vitest run`)
      return false
    }
  }
  return true
}

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Runs the property tests on other random systems than `npm test` does, seed after seed, until one
 * fails or the minutes are over. `npm run fuzz -- 30 [first seed]`; a failure names its seed.
 */

const MINUTES = 10
const FOLDERS = ['sim', 'runtime', 'scenarios', 'reports', 'test']

function propertyTests(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  ).filter((path) => /\bfc\./.test(readFileSync(path, 'utf8')))
}

function main(): void {
  const [minutes = MINUTES, first = Math.floor(Date.now() / 1000)] = process.argv
    .slice(2)
    .map(Number)
  if (!(minutes! > 0) || !Number.isInteger(first)) {
    console.error('Expected minutes and a whole first seed, as in npm run fuzz -- 30 7')
    process.exitCode = 2
    return
  }
  const files = propertyTests()
  const until = performance.now() + 60_000 * minutes!
  for (let seed = first!; performance.now() < until; seed++) {
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
      process.exitCode = 1
      return
    }
  }
}

main()

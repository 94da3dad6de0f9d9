import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { EXIT } from '../../scenarios/index.ts'
import { SMALL_SPACE, SPACE } from '../plan-study/space.ts'
import { type Extent, type Figure, figure, millisecondsOf, roundsIn } from './figure.ts'

const CLI = 'dist/cli.js'
const SCENARIO = 'tools/plan-study/space.yaml'
const ROUNDS = 3

/** How long the built command plans the space of the plan study; no figure without a build. */
export function* planFigures(extent: Extent): Generator<Figure> {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no plan (npm run build)`)
    return
  }
  const { sets, size } = extent.smoke ? SMALL_SPACE : SPACE
  const args = [CLI, 'plan', SCENARIO, '--quiet', ...sets.flatMap((set) => ['--set', set])]
  const times = Array.from({ length: roundsIn(extent, ROUNDS) }, () =>
    millisecondsOf(() => {
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      // a few configurations may all fail
      const ended: readonly (number | null)[] = extent.smoke ? [EXIT.ok, EXIT.failed] : [EXIT.ok]
      if (!ended.includes(status)) throw new Error(`the plan ended with ${status}: ${stderr}`)
    }),
  )
  const name = `Plan of ${size} configurations, with headroom and sensitivity`
  yield figure(
    name,
    's',
    times.map((ms) => ms / 1000),
    { atMost: 5 },
  )
}

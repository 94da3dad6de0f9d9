import { EXIT } from '../../scenarios/index.ts'
import { SMALL_SPACE, SPACE } from '../plan-study/space.ts'
import { commandSeconds } from './built-command.ts'
import { type Extent, type Figure, figure, roundsIn } from './figure.ts'

const SCENARIO = 'tools/plan-study/space.yaml'
const ROUNDS = 3

/** How long the built command plans the space of the plan study; no figure without a build. */
export function* planFigures(extent: Extent): Generator<Figure> {
  const { sets, size } = extent.smoke ? SMALL_SPACE : SPACE
  const args = ['plan', SCENARIO, '--quiet', ...sets.flatMap((set) => ['--set', set])]
  // a few configurations may all fail
  const ended = extent.smoke ? [EXIT.ok, EXIT.failed] : [EXIT.ok]
  const times = commandSeconds(args, { rounds: roundsIn(extent, ROUNDS), ended })
  if (times === null) return
  const name = `Plan of ${size} configurations, with headroom and sensitivity`
  yield figure(name, 's', times, { atMost: 5 })
}

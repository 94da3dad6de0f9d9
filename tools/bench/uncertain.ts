import { EXIT } from '../../scenarios/index.ts'
import { commandSeconds } from './built-command.ts'
import { type Extent, type Figure, figure, roundsIn } from './figure.ts'

const SCENARIO = 'tools/bench/unknown.yaml'
const ROUNDS = 3

/** How long the built command takes for both widths of an answer; no figure without a build. */
export function* uncertainFigures(extent: Extent): Generator<Figure> {
  const few = extent.smoke ? ['--set', 'duration_s=130'] : []
  const times = commandSeconds(['simulate', SCENARIO, '--quiet', ...few], {
    rounds: roundsIn(extent, ROUNDS),
    // its objective may hold or not, whatever is not known
    ended: [EXIT.undecided],
  })
  if (times === null) return
  yield figure('Both widths of 20,000 requests with four uncertain inputs', 's', times, {
    atMost: 5,
  })
}

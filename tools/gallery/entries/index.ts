import type { Group } from '../entry.ts'
import { accelerators } from './accelerators.ts'
import { fleet } from './fleet.ts'
import { generation } from './generation.ts'
import { memory } from './memory.ts'
import { publishedCharts } from './published.ts'
import { serving } from './serving.ts'
import { surges } from './surges.ts'
import { traces } from './traces.ts'

/** The groups of the page, in its order. */
export const GALLERY: readonly Group[] = [
  serving,
  surges,
  fleet,
  memory,
  generation,
  traces,
  publishedCharts,
  accelerators,
]

import { expect, test } from 'vitest'
import { queueDisciplines } from '../../serving/index.ts'
import { positions } from './queue-position.ts'

test('of every queue discipline rows show the order, but for those between tenants', () => {
  const hidden = Object.keys(queueDisciplines).filter((discipline) => !(discipline in positions))
  expect(hidden).toEqual(['deficit-round-robin', 'virtual-token-counter'])
})

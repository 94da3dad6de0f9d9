import { expect, test } from 'vitest'
import { ArmedTimers } from '../servers/armed-timers.ts'
import { candidatesOf, routerOf } from './router.test-helper.ts'
import { routerViews } from './router-views.ts'

function viewsOf(viewAgeMs: number) {
  const candidates = candidatesOf(0, 0)
  const { router, next } = routerOf(
    { policy: 'least-loaded', ties: 'first', viewAgeMs },
    candidates,
  )
  let armed = Number.POSITIVE_INFINITY
  const timers = new ArmedTimers(
    {
      arm: (_, at) => {
        armed = at
      },
      disarm: () => {
        armed = Number.POSITIVE_INFINITY
      },
    },
    0,
  )
  const [views] = routerViews([router], timers)
  const fire = () => {
    const at = armed
    timers.fired(0)
    timers.timed(0).timer(at)
    return at
  }
  return { candidates, next, views: views!, fire, armed: () => armed }
}

// llm-d-inference-scheduler: metrics are refreshed every 50 ms
test('loads are refreshed at multiples of the age while requests are in the system', () => {
  const { candidates, next, views, fire, armed } = viewsOf(50)
  views.arrived(20)
  candidates[0]!.load = 1
  expect(next()).toBe(0)
  expect(fire()).toBe(50)
  expect(next()).toBe(1)
  expect(armed()).toBe(100)
})

test('an empty system has no timer, and its last refresh is made up for at the next arrival', () => {
  const { candidates, next, views, fire, armed } = viewsOf(50)
  views.arrived(20)
  candidates[0]!.load = 1
  fire()
  candidates[0]!.load = 0
  views.emptied()
  expect(armed()).toBe(Number.POSITIVE_INFINITY)
  // before 100 ms the view is that of 50 ms, from then on that of 100 ms
  views.arrived(99)
  expect([next(), armed()]).toEqual([1, 100])
  views.emptied()
  views.arrived(120)
  expect([next(), armed()]).toEqual([0, 150])
})

test('routers with live loads have no views', () => {
  const { router } = routerOf('least-loaded', candidatesOf(0, 0))
  expect(router.viewAgeMs).toBe(0)
  expect(routerViews([router], new ArmedTimers({ arm() {}, disarm() {} }, 0))).toEqual([])
})

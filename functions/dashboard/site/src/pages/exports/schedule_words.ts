// A schedule in words: what it mails, and when.
import { type Schemas, useAnswer } from '../../ask'
import { useFormat } from '../../kit/format'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { useTitles } from './titles'

export function useWhat(): (what: Schemas['What']) => string {
  const say = useWords('exports')
  const titles = useTitles()
  const saved = useAnswer('/v1/saved-reports', {})
  return ({ kind, name = '', request = {} }) => {
    if (kind === 'report') return titles({ kind, name, title: name })
    const id = request.saved
    if (typeof id === 'string' && id) {
      const report = saved.data?.reports.find((one) => one.id === id)
      return say('schedule.of_saved', { name: report?.name ?? id })
    }
    const report = typeof request.report === 'string' ? request.report : 'interactions'
    return titles({
      kind,
      name: report,
      title: report,
      options: (request.options as Record<string, unknown>) ?? {},
    })
  }
}

export function useTiming(): (timing: Schemas['Timing']) => string {
  const say = useWords('exports')
  const format = useFormat()
  const { me } = useSession()
  return ({ cadence, at, zone, weekday = 1, day, month }) => {
    const on = day === 'last' ? say('day.last') : say('day.on', { day })
    const when = {
      daily: say('cadence.daily.at', { at }),
      weekly: say('cadence.weekly.at', { at, weekday: format.weekday(weekday, 'long') }),
      monthly: say('cadence.monthly.at', { at, on }),
      quarterly: say('cadence.quarterly.at', { at, on, month }),
      yearly: say('cadence.yearly.at', { at, on, month }),
    }[cadence]
    return `${when} (${zone || me.workspace.zone})`
  }
}

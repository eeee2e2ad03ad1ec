// Who is there (features.md R36, R37): status and since when, a way to the profile.
import { useFormat } from '../../kit/format'
import { Empty } from '../../kit/states'
import { useTerms, useWords } from '../../words'
import { type Board, byStatus, STATUSES } from './board'
import { Employee } from './calls'
import { Age } from './clock'

export function People({ board, onProfile }: { board: Board; onProfile: (userId: string) => void }) {
  const say = useWords('live')
  const term = useTerms()
  const format = useFormat()
  const people = byStatus(board, (a, b) => format.compare(a, b))
  if (!people.length) return <Empty inline title={say('nobody_here')} />
  const groups = STATUSES.map((status) => ({
    status,
    people: people.filter((person) => person.status === status),
  }))
  return (
    <div class="live-people">
      {groups
        .filter((group) => group.people.length)
        .map((group) => (
          <section key={group.status} aria-label={term(`presence.${group.status}`)}>
            <h3>
              <span class={`live-dot ${group.status}`} aria-hidden="true" />
              {term(`presence.${group.status}`)}{' '}
              <span class="faint">{format.count(group.people.length)}</span>
            </h3>
            <ul>
              {group.people.map((person) => (
                <li key={person.user_id} data-person={person.user_id} data-status={person.status}>
                  <Employee one={person} onProfile={onProfile} />
                  <span class="faint small-text live-cut">
                    {person.ringing.length ? (
                      <b class="warn">{say('rings')}</b>
                    ) : (
                      person.team_names.join(', ')
                    )}
                  </span>
                  <span class="faint small-text">
                    <Age from={person.since} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
    </div>
  )
}

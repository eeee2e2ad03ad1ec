// Counts above the board, as the server made them (features.md R2-R7), and the longest wait.
import { TriangleAlert } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useFormat } from '../../kit/format'
import { useWords } from '../../words'
import { type Board, type Level, longestWait, waitLevel } from './board'
import { useNow } from './clock'

interface CountProps {
  id: string
  name: string
  figure: ComponentChildren
  under?: ComponentChildren
  level?: Level
}

function Count({ id, name, figure, under, level = '' }: CountProps) {
  const say = useWords('live')
  return (
    <div class={`card kpi live-count ${level}`} data-count={id}>
      <div class="name">
        <span>{name}</span>
        {level ? (
          <span class="level-mark" title={say(`level.${level}`)}>
            <TriangleAlert size={15} aria-hidden="true" />
            <span class="unseen">{say(`level.${level}`)}</span>
          </span>
        ) : null}
      </div>
      <div class="figure">{figure}</div>
      <div class="under">{under}</div>
    </div>
  )
}

export function Counts({ board, narrowed }: { board: Board; narrowed: boolean }) {
  const say = useWords('live')
  const format = useFormat()
  const now = useNow()
  const head = board.header
  if (!head) return null
  const longest = longestWait(board.calls.values(), now)
  return (
    <section class="kpis live-counts" aria-label={say('counts')}>
      <Count
        id="total"
        name={say('total')}
        figure={format.count(head.total)}
        under={
          narrowed || head.in_project !== head.total ? say('of_project', { count: head.in_project }) : null
        }
      />
      <Count
        id="waiting"
        name={say('waiting')}
        figure={format.count(head.waiting)}
        under={say('of_which_incoming', { count: head.waiting_incoming })}
      />
      <Count
        id="talking"
        name={say('talking')}
        figure={format.count(head.talking)}
        under={say('of_which_incoming', { count: head.talking_incoming })}
      />
      <Count
        id="longest"
        name={say('longest')}
        figure={longest ? format.seconds(Math.floor(longest.seconds)) : '–'}
        under={
          longest ? say('promised', { time: format.seconds(longest.call.target_s) }) : say('nobody_waits')
        }
        level={longest ? waitLevel(longest.seconds, longest.call.target_s) : ''}
      />
    </section>
  )
}

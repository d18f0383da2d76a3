"""Many clients at once: FAB's own REST view shares one schema, and gives records each other's names; ours must not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.api.conftest import World

CLIENTS, ROUNDS = 8, 12


def test_changes_by_many_threads_never_mix_records(world: World) -> None:
    rep, app = world.as_('rep'), world.site.app
    signed = {'Authorization': f'Bearer {rep.token}'}
    uids = [rep.post('/contact/', {'full_name': f'Người {number}'}).get_json()['id'] for number in range(CLIENTS)]

    def work(number: int) -> list[tuple[int, str]]:
        client, answers = app.test_client(), []
        for turn in range(1, ROUNDS + 1):
            wire = {'full_name': f'Người {number} lần {turn}', 'job_title': f'{number}'}
            changed = client.put(f'/api/v1/contact/{uids[number]}', json=wire, headers=signed)
            made = client.post('/api/v1/contact/', json={'full_name': f'Mới {number} {turn}'}, headers=signed)
            answers.append((changed.status_code, changed.get_json()['result']['full_name']))
            answers.append((made.status_code, made.get_json()['result']['full_name']))
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(work, range(CLIENTS)))

    for number, mine in enumerate(answers):
        changed = [(200, f'Người {number} lần {turn}') for turn in range(1, ROUNDS + 1)]
        made = [(201, f'Mới {number} {turn}') for turn in range(1, ROUNDS + 1)]
        assert mine == [each for pair in zip(changed, made, strict=True) for each in pair]
        stored = rep.get(f'/contact/{uids[number]}').get_json()['result']
        assert (stored['full_name'], stored['job_title'], stored['revision']) == (changed[-1][1], f'{number}', ROUNDS + 1)

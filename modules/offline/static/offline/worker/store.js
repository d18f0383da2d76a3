// Owns what the worker keeps in the browser's database and whose it all is: the saves that wait, the list of pages, the person.

export const about = 'about';

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('trellis', 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('saves', { keyPath: 'id', autoIncrement: true });
      opening.result.createObjectStore('pages', { keyPath: 'path' });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore(name, mode, act) {
  const open = await database();
  try {
    return await new Promise((resolve, reject) => {
      const work = open.transaction(name, mode);
      const asked = act(work.objectStore(name));
      work.oncomplete = () => resolve(asked?.result);
      work.onerror = () => reject(work.error);
      work.onabort = () => reject(work.error);
    });
  } finally {
    open.close();
  }
}

export const saves = () => inStore('saves', 'readonly', (store) => store.getAll());
export const putSave = (save) => inStore('saves', 'readwrite', (store) => store.put(save));
export const dropSave = (id) => inStore('saves', 'readwrite', (store) => store.delete(id));
export const pages = () => inStore('pages', 'readonly', (store) => store.getAll());
export const putPage = (page) => inStore('pages', 'readwrite', (store) => store.put(page));
export const dropPage = (path) => inStore('pages', 'readwrite', (store) => store.delete(path));

// The save that takes the place of a former one goes to the end: it may name what was made since.
export const replaceSave = (save, former) => inStore('saves', 'readwrite', (store) => {
  if (former) store.delete(former.id);
  return store.put(save);
});

export async function person() {
  const kept = await (await caches.open(about)).match('/person');
  return kept ? (await kept.json()).person : '';
}

export async function ownSaves() {
  const name = await person();
  return (await saves()).filter((each) => each.person === name);
}

export async function forgetPages() {
  await Promise.all([caches.delete('pages'), caches.delete('choices')]);
  await inStore('pages', 'readwrite', (store) => store.clear());
}

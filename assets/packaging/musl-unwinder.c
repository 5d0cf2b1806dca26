/* What gcc's unwinder asks of glibc, for a static program with musl: assets/packaging/build. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* glibc's struct dl_find_object. */
struct found {
    unsigned long long flags;
    void *start, *end, *map, *eh_frame;
    unsigned long long reserved[7];
};

struct asked {
    uintptr_t pc;
    struct found *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data) {
    struct asked *asked = data;
    void *eh_frame = NULL;
    uintptr_t start = 0, end = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_EH_FRAME)
            eh_frame = (void *)at;
        if (header->p_type == PT_LOAD && asked->pc >= at && asked->pc < at + header->p_memsz) {
            start = at;
            end = at + header->p_memsz;
        }
    }
    if (end == 0 || eh_frame == NULL)
        return 0;
    *asked->found = (struct found){.start = (void *)start, .end = (void *)end, .eh_frame = eh_frame};
    return 1;
}

int _dl_find_object(void *pc, struct found *found) {
    struct asked asked = {(uintptr_t)pc, found};
    return dl_iterate_phdr(look, &asked) ? 0 : -1;
}

/* The unwinder's references to these are weak, and a weak reference takes nothing out of libc.a. */
void *const musl_unwinder_needs[] __attribute__((used)) = {
    (void *)pthread_once,         (void *)pthread_key_create, (void *)pthread_getspecific,
    (void *)pthread_setspecific,  (void *)pthread_mutex_lock, (void *)pthread_mutex_unlock,
};

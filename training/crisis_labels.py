"""Which EPITOME posts are about suicide or self-harm: all 2,374 of the splits train and dev, read one by one.

Only ids of seeker posts; the texts stay in the data folder. Posts that the engine took for a crisis, and those that it did not,
were read by different readers, who knew which they had. What is in none of the lists is plain: sad, lonely or angry, about
medication, about another's death, or about suicide as a topic. An earlier reading of the first 600 by one reader called 141 a
crisis and 393 plain: of the first none is plain here, of the second two are a danger.
"""

from __future__ import annotations

DANGER = frozenset(
    """
    3whmit 3yam0n 3zbq8e 3zlyhc 3zqboe 405f65 40kqoy 40xgft 41anpj 41g07l 42qa60 44iwr2 45bktq 463le0 466esw 46j54t
    46pq3y 46qwzw 47jmki 47nm79 47ovs3 49ycp3 4a2ctm 4aritv 4atvh4 4aui7g 4auq7z 4besrh 4blwot 4c0bay 4ctivd 4cubbr
    4d0shj 4d2xmr 4d6ylp 4dfcbs 4dwwoz 4dydd1 4e8uj5 4ev5wv 4exo5z 4fa0vd 4feupw 4g4lty 4j0fnh 4j9w3u 4jfaqf 4krp96
    4lsbt5 4lxxt7 4m4jic 4o9lpg 4ofa91 4pdozg 4pkdhe 4q64wm 4r48nf 4ra9qr 4s8m0e 4sfe5t 4ti7ew 4tk1cg 4txc2v 4u54fv
    4ufwij 4vjbxw 4wh9fy 4wv4ad 4xepgs 4yc8qh 4zg350 509gwc 518v3n 51c6ht 51jqxo 51s6yt 528jxu 52bpyk 52dgvn 52pfx8
    5394g2 53e7bc 53pajy 53wkb5 548v4l 54va03 55bzlr 55ceyh 55lvmt 55n4nr 5636f7 569hxj 56pyna 573rka 57dlt5 57jzki
    57uaeu 58e77l 58gzn4 58r9r5 591wr2 59324f 59t86w 5a8ekw 5b22h0 5bebzf 5bftsk 5cjk8c 5clifo 5cs50t 5djslk 5dq5g1
    5e2t2p 5eg6ys 5ejbtr 5en5ol 5eqh4o 5fun0r 5g8uxh 5h3fiv 5h4j97 5hslwv 5iib18 5ijzea 5j8vpi 5jce0g 5jv5zl 5kcfgr
    5kpp98 5kttgk 5n5wsk 5n6rva 5nm51q 5o1uev 5o2dfv 5obe1t 5pklsj 5q1gm7 5re5nv 5rrsmm 5s57cj 5spxxf 5t2e02 5tbv97
    5udu49 5ujdpq 5uqpm2 5uthg5 5uve45 5wblf1 5wczh4 5whiaa 5wkxvm 5xea9y 5xkfq1 5xtisn 5xtiuf 5xzqvu 5ydb4t 5yjl7l
    5zbm2z 5zvyo7 608rsl 61j5vz 61uv23 633agy 63brec 649npl 64bqaf 64okg1 658off 65rcgo 66qhy3 66tjo8 6736uz 6740ou
    675g4v 67q3pg 680i78 684i54 68akv4 68j0ou 68o7h2 69kb5n 69kno0 69l3o3 69r2nv 69ts99 69xtjc 6afdm2 6ah1kn 6am7av
    6awg2i 6b029n 6bfw2z 6bmti1 6c8ngy 6ciu2g 6d7wc3 6e6xco 6f7nod 6feish 6ff76f 6fqpol 6hvna7 6i02mn 6j9z00 6jr5eh
    6jthhl 6ksayc 6l0gbg 6l85el 6lpvmu 6m2aki 6m5sa7 6m5zlq 6md5mh 6mej0n 6muodm 6nuc0l 6nvg9d 6nyv8u 6nzbf1 6oyohr
    6p5d51 6pd3qc 6q3eik 6qsios 6qsxtv 6qxxu6 6r6yr8 6rwczc 6s1k2v 6s7vk3 6sfuku 6sjp1s 6tsj3h 6u6fia 6ue1xv 6uug22
    6vxa20 6w6lgr 6xtgsw 6xuiwl 6ycyoo 6yxz5l 6yzwfw 6yzwo7 6z3vr0 6zjas5 70cijb 70my1t 71vio1 73drp1 73m8pi 742oh7
    755i48 7611kq 7625zv 7627zc 762ey7 76ilmq 76mbbk 77bl3i 77tcfy 77z3ce 786z5i 78c5qt 78kh54 78y25t 79f2it 79ws1b
    7abvte 7apk4s 7bhyiy 7bqop9 7cc2kl 7ce54e 7cv95e 7d1rrb 7dmkfv 7dtnn4 7dwkc1 7e3jb9 7e47mo 7e6upg 7ew381 7f55yh
    7f5fsf 7faqco 7fgw7h 7fthee 7hcbbx 7hdb2w 7hrwpu 7i32jt 7if1m2 7ifnxl 7iqybu 7jd5nn 7jj0fe 7l9lsq 7lhyjd 7lk2le
    7lzjsi 7m5vti 7m7ncr 7mm30t 7mnc9l 7mo4wk 7mvl0f 7mwzhn 7nc50s 7neywq 7ngkf3 7nzi87 7o7ps5 7px0ul 7pxetk 7qky2a
    7rh2lc 7rhsvy 7rmqzi 7rt4nt 7rvaaz 7rxnzv 7rzgvi 7s3lnz 7sl9h7 7srv10 7tdvzn 7titw6 7u0msq 7uekc6 7uizct 7unrde
    7uxpna 7vn5hv 7wgecs 7wrqdo 7x1hxh 7x6g2f 7y53e1 7y82gs 7yeqp4 7yolb7 7z7knz 7zbhav 7zxv85 80lat4 80rbbc 80tvsl
    80xx4w 810crj 81jgtn 8227xn 82fqrl 83cv9p 83shz0 84c795 84ejqn 84ghqc 84sfz5 853mka 85dlym 85h198 85p72c 86d61w
    86yc65 8724ue 88wedh 88wnlh 89g073 89lw5c 8acixr 8at2ls 8b9bbi 8bmpwl 8bn5rf 8brepv 8c9qxh 8clplp 8ct4n0 8cwo0u
    8czd35 8dkhol 8dsv62 8dyk91 8eg6t2 8fp0vr 8gkvpe 8gqit1 8gsqgy 8h50wp 8hb1r6 8hbja7 8hlp7f 8hxqrp 8ix424 8iyti5
    8j1b94 8jo5vw 8jrn4f 8kp5yx 8kr5nm 8kuhut 8lny2s 8lq56q 8lxr71 8m0b6z 8ngnqm 8nq0lr 8o55z8 8o620a 8odawg 8oe8ku
    8oxban 8pelt1 8pq39e 8r6onw 8rqo6u 8s1s8r 8swje5 8syr82 8tlyny 8tz6cx 8v72j0 8varq3 8vaxvt 8w98e6 8wpb1i 8wudjy
    8wxggd 8wxyee 8xnr29 8y9c6g 8yicpv 8ym35t 8yybb4 8z2fy2 904s42 90c9nh 90ub8y 90v8wy 90wh5n 9150pq 91da89 92534g
    92mm47 92ujtd 92xxhd 93am2c 944g1v 9495gw 94o338 95rgi4 95yibg 9654fe 966y9q 96eudv 96jroy 96n0yt 97a3el 97mi51
    98p0iy 9a00i3 9a4gyy 9ahhap 9ch5qj 9clf40 9dg589 9dw1z4 9e2j4m 9e9s5b 9eap11 9ehh8v 9eldaz 9f9wdm 9fl9je 9g685o
    9giorz 9gl0wi 9h27fd 9h3zbl 9h94rb 9hdt86 9hs6sw 9j82d7 9j8ddy 9jtybq 9kf9t0 9klfjo 9kneg3 9kvpuz 9kvzj4 9kw2bx
    9lefyj 9lqtt3 9lu4cj 9megel 9nr50q 9o3r1i 9o5997 9oalix 9prt1w 9qc8tf 9qjzms 9rmxdv 9sshnb 9sw11z 9t40v8 9u0eyv
    9v6l4y 9w80y9 9wq5o8 9x8ytc 9y3vsn 9yik1l 9ykl4i 9zm11s 9ztowb a01idw a0bsvt a0crx9 a0ivgz a100hx a1e950 a297ti
    a2bynd a3tyju a3uqd8 a42lgw a4hcbg a5mlqp a5xefe a78rae a85ljt a8dbcu a8p3h3 a9n8c9 aae6s1 aaxy5p abdhg8 ac6925
    aceofa ad82zf adpwvl ae3qg2 afi36d ag4b23 agt7ix agwhvy ahil9d ahkggx ahl3fl aj2p72 aj7n9z ajj2al ajo1ix ajyhza
    ak8lq5 ak96jy ak9qlb akyps7 al5o47 al9504 alyg5h anc608 ancu99 anju17 anl7mz aoln8f aotieu apmw55 appng4 aq24qu
    ar5a4a ar7fhs argwp6 arqwlv asakty aspi2n at9xpk atiui0 au0jz7 avmapf
""".split()
)
"""Thoughts of suicide, a wish to be dead or not to wake up, a plan, a farewell, self-harm or the urge to it; or somebody else
in such danger."""

BORDERLINE = frozenset(
    """
    3v120v 3vqmz2 3wpbtb 3ytc81 41fspj 450qzs 4bsyvr 4cif1m 4crhso 4d9dhk 4gcsti 4ggkz9 4jdyss 4k8md9 4ky3sa 4nrdo7
    4p6x1w 4pv9oz 4q86h2 4s2ywn 4s61zz 4sljdg 4ulpdz 4umpyv 4wqjda 4wrbbe 4x58ff 4xum28 50csy5 516sm8 522awb 52hg7r
    54dopb 54jlm2 55r3zv 58a2mh 58u217 59bi4q 59d9vu 5a71gb 5an2jz 5axbtx 5c6vmi 5c9qzw 5cc9vc 5de8vm 5hshpm 5j7c1b
    5jfodr 5jhd8v 5k1oyz 5l7k7i 5l9g2r 5ldqjz 5lh0vr 5mldz9 5mq9fs 5n3kpq 5na7qc 5pc1m5 5prjnv 5pu00k 5reqxx 5rz8q9
    5rzl8f 5sbari 5sycy8 5u3ec5 5uqfup 5vk0oy 5ycfvy 5ydvxn 5z1u9u 5z7dka 6453a9 64oj5u 64vfny 65cr31 65m92s 687f9d
    68mg8o 695k94 6all5i 6asair 6bsq6q 6bxuz9 6cayf3 6dlldx 6fd6q6 6gl8x6 6h3t9t 6hja2a 6idx32 6jy84v 6l47eu 6nto55
    6rou0q 6see88 6siz2q 6tfoy0 6ufvdy 6z5kio 6z9pcx 70pejb 70voy4 718wyg 71ibk9 71zgfv 73k5ir 748npg 74wgmd 760kps
    77j0fi 78epm8 78gkpa 79mw1f 79ud4y 7auvhw 7b9heo 7ctxz5 7cwhak 7cy920 7dlskp 7efwj6 7fu3sn 7gxzyr 7h6jiq 7hfdd0
    7hwxrw 7ipvg1 7lv01n 7m6icw 7mbnbd 7n08mx 7nc0lq 7nxgp1 7on169 7q25ds 7reu35 7ubr1c 7v568v 7vjxdc 7ycb77 80j21c
    81e9ht 8248ag 83numx 83s7qk 85xnh7 88gtly 88qudp 897btw 8aunpl 8bnsey 8dsamk 8dvtac 8eb6nv 8ge2u1 8gu9k4 8j2shr
    8jsjf8 8k5jup 8kpyhw 8pfmx8 8px8re 8qdpfr 8rg0st 8s76t6 8szz70 8toxgb 8tq53a 8uu3xd 8v5bu0 8wgo5f 8xv7oy 8zwm58
    8zxzui 92lyn5 93makg 93rb4k 95hltm 95pf4d 96uclb 97ndrq 9877nx 98d3rr 98llrh 9960jm 99f41n 99re7l 99v6f0 9a4oy8
    9b7kld 9cfegr 9d2y09 9dc8ss 9e1e15 9f0jbu 9fdjrt 9feiam 9gcz5u 9hlv19 9l9088 9m8yju 9n4aq9 9o8xo4 9qp1a9 9xh3rc
    9y3cea 9ym9ba 9z2lva 9zi48r a027yu a0wtf5 a11v6x a3wjfw a6qac1 a8qz55 a91hjj a9alz3 aa56eu aad2xy aako4n aas5b3
    ab4kbc abt5c0 abtc0o afd0li ajccfi akg26j an47n4 anypgn aowluc aqwidj auxkdf
""".split()
)
"""So hopeless or dark that a seasoned volunteer would ask whether the seeker is safe, though nothing is said."""

PAST = frozenset(
    """
    4nsw4k 5aa7u1 5j1r3z 5o9qjv 75b9y7
""".split()
)
"""Clearly over."""

UNSEEN = frozenset(
    """
    3vfhea 3vvmzv 3x9r2r 3yzv8q 405f65 41g07l 424dis 43i6ys 43mvuz 45q95z 46pq3y 495w8u 49ycp3 4aritv 4auq7z 4b2dge
    4b6gpq 4bdbyc 4bzrbo 4e6zdu 4g4lty 4hh5ls 4i3mse 4j0fnh 4l3izw 4lz36y 4mej2m 4nxn3n 4otdc5 4pkdhe 4q63cg 4r8sdq
    4rb0nz 4ulpdz 4vb9g7 4wh9fy 4wj8yx 4zg350 4ztdjq 52z6f7 53yfdc 55njts 58gzn4 596c1i 59kyhs 5clfw6 5cm7vz 5d1ags
    5da1yu 5fooz9 5fun0r 5g8uxh 5hrydf 5i8lla 5idmu2 5jv5zl 5l3qho 5ldrx5 5mlrsg 5n8or2 5pa2cg 5pmw4z 5qzaks 5t2e02
    5tlkgd 5udu49 5wkxvm 5wrca9 5x7d0z 5xea9y 5xqvam 5yk5vw 5yyjdk 61298t 61cmzj 63uwwf 643090 6453a9 66tjo8 67g3in
    67kvji 67l9af 68yz7y 69jjlr 6bu1wz 6f91tb 6gei2g 6gi6qc 6hpr6j 6j6j5k 6j9z00 6jy2ha 6kaksu 6l2ex7 6mluo8 6mz2en
    6pd3qc 6pnt5f 6px0lv 6qsios 6qxxu6 6r6yr8 6rg6e3 6s3re3 6s7dbp 6sjp1s 6tsj3h 6u6ko8 6u6xx5 6v6fb8 6vfb3s 6w58z4
    6ypf46 6yx6ih 6yz4ux 701x8g 70tokv 70voy4 71g1s5 71j0gk 71zgfv 75b9y7 7611kq 7647gg 76qvw3 77341o 786z5i 78hlrc
    78icx4 7agt1x 7b3d9t 7b3p29 7b9heo 7bm0u7 7bryti 7c41xv 7cl184 7cwqm9 7dx4jt 7eb0dp 7gqrti 7he2vt 7i9bab 7if1m2
    7is7g1 7jd5nn 7jhqc4 7k3p4l 7l748p 7n7vyb 7nc0lq 7ngkf3 7o55wi 7p3hd3 7pxetk 7qjlb1 7rek6d 7rskjg 7rt4nt 7titw6
    7uxzbf 7vs790 7wztma 7x1hxh 7xbcg0 7ydypn 7zk38j 80tvsl 81be3q 81xqyg 8227xn 82vjxb 82wfu3 84brt7 84c795 84ejqn
    84q553 84sdp8 85h198 86asbt 86binr 86rfig 89oi5o 8aou5z 8aunpl 8az2zi 8df5kx 8e504b 8e6t0k 8iugtk 8iyti5 8jqt79
    8k2egt 8kuhut 8l4r9x 8mfo3l 8n46gx 8nxgmm 8qa6cc 8qqmo9 8qsu74 8u00cc 8vocpi 8w0orm 8w44np 8wpb1i 8wudjy 8wxyee
    8zrvzk 8zt8qp 925di7 92mm47 9495gw 94dslt 94to2s 96jroy 96kkj0 98p8jm 99j608 99re7l 9aygym 9bsip2 9fdjrt 9g8pi9
    9giorz 9gyd3j 9koqwu 9lu4cj 9o2bo1 9o4gol 9o7yy1 9prt1w 9r595i 9s2bvl 9t40v8 9uev1g 9w80y9 9wbem7 9x3gex 9ydfvf
    9z9wim 9zi9bs a1oqwc a3slpl a40jby a6l7d7 a76r3x a912wg a9evt3 adhl2x ae3x3p aexv06 ah7r9d aicmmf aivjx4 ak96jy
    akowzw aksp4u amjvhx anju17 anntai aoce4w apkvrz appng4 ar0dle ar5a4a ar7fhs ass014 at9xpk aun286 auu7tn
""".split()
)
"""Posts of train that classifier and reader of danger do not learn from. The rules have seen them, as all of EPITOME."""


def kind(post_id: str) -> str:
    """`danger`, `borderline`, `past` or `plain`, for the id of a post of EPITOME train or dev."""
    for name, ids in (("danger", DANGER), ("borderline", BORDERLINE), ("past", PAST)):
        if post_id in ids:
            return name
    return "plain"
